import fc from 'fast-check';
import { testAuthority } from '../testing/test-authority.js';
import { CertificateError } from './certificate-error.js';
import { hexOfSerial, parseCertificate, verifyCertificateSignature } from './parse-certificate.js';

const { rootDer, intermediateDer } = testAuthority('P-384');

describe('parseCertificate', () => {
  it('reads a chain whose signatures hold', () => {
    const root = parseCertificate(rootDer);
    const intermediate = parseCertificate(intermediateDer);
    expect(verifyCertificateSignature(root, root)).toBe(true);
    expect(verifyCertificateSignature(intermediate, root)).toBe(true);
    expect(verifyCertificateSignature(root, intermediate)).toBe(false);
    expect(intermediate.authorityKeyIdentifier).toEqual(root.subjectKeyIdentifier);
    expect(root.authorityKeyIdentifier).toBeUndefined();
    expect(root.signatureScheme.name).toBe('ecdsa-sha384');
  });

  it('finds every change of an octet', () => {
    const root = parseCertificate(rootDer);
    fc.assert(
      fc.property(fc.nat(intermediateDer.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Buffer.from(intermediateDer);
        changed[at] = (changed[at] ?? 0) ^ mask;
        try {
          expect(verifyCertificateSignature(parseCertificate(changed), root)).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(CertificateError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what is no certificate with a CertificateError only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => parseCertificate(bytes)).toThrow(CertificateError);
      }),
      { numRuns: 1000 },
    );
    expect(() => parseCertificate(Buffer.concat([rootDer, Buffer.from([0])]))).toThrow(/unexpected data/);
  });
});

describe('hexOfSerial', () => {
  it.each([
    ['00', '00'],
    ['00ff', 'ff'],
    ['0a', '0a'],
    ['0001', '01'],
  ])('writes %s as %s', (hex, expected) => {
    expect(hexOfSerial(Buffer.from(hex, 'hex'))).toBe(expected);
  });
});
