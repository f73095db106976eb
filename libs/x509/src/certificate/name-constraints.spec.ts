import type { GeneralName } from '../csr/general-names.js';
import { testAuthority } from '../testing/test-authority.js';
import { checkNameConstraints } from './check-name-constraints.js';
import { type NameConstraints, nameConstraintsProblem, noNameConstraints } from './name-constraints.js';
import { parseCertificate } from './parse-certificate.js';

const only = (some: Partial<NameConstraints>): NameConstraints => ({ ...noNameConstraints, ...some });

describe('name constraints in a certificate', () => {
  it('read back as they were written', () => {
    const constraints = only({
      permittedDns: ['example.com'],
      excludedDns: ['secret.example.com'],
      permittedIp: ['10.0.0.0/8', '2001:db8::/33', '0.0.0.0/0'],
      excludedIp: ['10.1.2.3/32'],
      permittedEmail: ['a@b.example', 'host.example', '.example'],
      excludedUri: ['.b.example', 'c.example'],
    });
    const { intermediateDer } = testAuthority('P-256', constraints);
    expect(parseCertificate(intermediateDer).nameConstraints).toEqual(constraints);
  });

  it('are left out when there are none', () => {
    const { intermediateDer } = testAuthority('P-256', noNameConstraints);
    expect(parseCertificate(intermediateDer).nameConstraints).toBeUndefined();
  });

  it.each<[Partial<NameConstraints>, RegExp]>([
    [{ permittedDns: ['*.example'] }, /"\*\.example" is malformed/],
    [{ permittedDns: ['.example'] }, /malformed/],
    [{ permittedDns: [''] }, /malformed/],
    [{ excludedDns: ['bücher.example'] }, /malformed/],
    [{ permittedIp: ['10.0.0.0'] }, /CIDR/],
    [{ permittedIp: ['10.0.0.0/33'] }, /CIDR/],
    [{ permittedIp: ['10.0.0.1/8'] }, /behind its prefix/],
    [{ permittedIp: ['::1/129'] }, /CIDR/],
    [{ permittedIp: ['10.0.0/8'] }, /CIDR/],
    [{ permittedEmail: ['a b@c.example'] }, /malformed/],
    [{ permittedUri: ['http://a.example'] }, /malformed/],
    [{ permittedUri: ['.example'] }, /fully qualified/],
    [{ excludedUri: ['example'] }, /fully qualified/],
  ])('are refused when malformed: %j', (some, reason) => {
    expect(nameConstraintsProblem(only(some))).toMatch(reason);
  });

  it('have no problem when they are fine', () => {
    expect(nameConstraintsProblem(only({ permittedIp: ['::/0'], permittedUri: ['.a.b'] }))).toBeUndefined();
  });
});

describe('checkNameConstraints', () => {
  it.each<[GeneralName['type'], string, Partial<NameConstraints>, boolean]>([
    ['dns', 'example.com', { permittedDns: ['example.com'] }, true],
    ['dns', 'A.Example.COM', { permittedDns: ['example.com'] }, true],
    ['dns', '*.example.com', { permittedDns: ['example.com'] }, true],
    ['dns', 'notexample.com', { permittedDns: ['example.com'] }, false],
    ['dns', 'example.com.evil', { permittedDns: ['example.com'] }, false],
    ['dns', 'b.example', { permittedDns: ['a.example', 'b.example'] }, true],
    ['dns', 'a.example', { excludedDns: ['b.example'] }, true],
    ['dns', 'x.b.example', { permittedDns: ['example'], excludedDns: ['b.example'] }, false],
    ['dns', '*.example', { excludedDns: ['secret.example'] }, false],
    ['dns', '*.other', { excludedDns: ['secret.example'] }, true],
    ['dns', 'a.example', { permittedIp: ['10.0.0.0/8'] }, true],
    ['ip', '10.255.0.1', { permittedIp: ['10.0.0.0/8'] }, true],
    ['ip', '11.0.0.0', { permittedIp: ['10.0.0.0/8'] }, false],
    ['ip', '10.128.0.0', { permittedIp: ['10.0.0.0/9'] }, false],
    ['ip', '::1', { permittedIp: ['0.0.0.0/0'] }, false],
    ['ip', '2001:db8:8000::1', { permittedIp: ['2001:db8::/33'] }, false],
    ['ip', '10.0.0.1', { excludedIp: ['10.0.0.1/32'] }, false],
    ['email', 'a@b.example', { permittedEmail: ['a@B.example'] }, true],
    ['email', 'A@b.example', { permittedEmail: ['a@b.example'] }, false],
    ['email', 'a@b.example', { permittedEmail: ['b.example'] }, true],
    ['email', 'a@x.b.example', { permittedEmail: ['b.example'] }, false],
    ['email', 'a@x.b.example', { permittedEmail: ['.b.example'] }, true],
    ['email', 'a@b.example', { permittedEmail: ['.b.example'] }, false],
    ['uri', 'https://h.example:8443/x', { permittedUri: ['h.example'] }, true],
    ['uri', 'spiffe://x.h.example/x', { permittedUri: ['.h.example'] }, true],
    ['uri', 'spiffe://u@h.example/x', { permittedUri: ['other.example'] }, false],
    ['uri', 'urn:a:b', { excludedUri: ['h.example'] }, false],
    ['uri', 'http://10.0.0.1/', { permittedUri: ['h.example'] }, false],
    ['uri', 'urn:a:b', { permittedDns: ['h.example'] }, true],
  ])('takes %s %s under %j: %s', (type, value, some, passes) => {
    expect(checkNameConstraints(only(some), [{ type, value }]) === undefined).toBe(passes);
  });
});
