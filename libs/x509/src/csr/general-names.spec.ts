import { constructedContextTag, contextTag, der, derIa5String, derOid, derSequence } from '../der/index.js';
import { buildCsr, dns, email, extensionRequest, ip, san, uri } from '../testing/csr-builder.js';
import { refusal } from '../testing/refusal.js';
import { parseCsr } from './parse-csr.js';

function withNames(...names: readonly Uint8Array[]): Buffer {
  return buildCsr({ attributes: [extensionRequest(san(...names))] });
}

describe('subject alternative names that are accepted', () => {
  it('gives its names in order, whatever their kind', () => {
    const csr = withNames(
      dns('App-1.example'),
      dns('*.wild.example'),
      dns('localhost'),
      dns('xn--bcher-kva.example'),
      ip(10, 0, 0, 1),
      ip(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
      email("o'brien+x@mail.example"),
      uri('spiffe://cluster.example/ns/a'),
      uri('urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6'),
      uri('https://[::1]:8443/x?y=%20#z'),
    );
    expect(refusal(csr)).toBeUndefined();
    expect(parseCsr(csr).subjectAltNames).toEqual([
      { type: 'dns', value: 'App-1.example' },
      { type: 'dns', value: '*.wild.example' },
      { type: 'dns', value: 'localhost' },
      { type: 'dns', value: 'xn--bcher-kva.example' },
      { type: 'ip', value: '10.0.0.1' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'email', value: "o'brien+x@mail.example" },
      { type: 'uri', value: 'spiffe://cluster.example/ns/a' },
      { type: 'uri', value: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6' },
      { type: 'uri', value: 'https://[::1]:8443/x?y=%20#z' },
    ]);
  });

  it.each<[string, Uint8Array]>([
    ['100 names', withNames(...Array.from({ length: 100 }, (_, i) => dns(`a${i}.example`)))],
    ['a name of 253 octets', withNames(dns(`${'a.'.repeat(126)}b`))],
    ['a label of 63 octets', withNames(dns('a'.repeat(63)))],
  ])('are %s', (_, csr) => {
    expect(refusal(csr)).toBeUndefined();
  });
});

describe('subject alternative names that are refused with a reason', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty SAN', withNames(), /empty/],
    ['101 names', withNames(...Array.from({ length: 101 }, (_, i) => dns(`a${i}.example`))), /more than 100/],
    ['an empty dNSName', withNames(dns('')), /dNSName is empty/],
    ['a dNSName of 254 octets', withNames(dns(`${'a.'.repeat(126)}bb`)), /longer than 253/],
    ['a label of 64 octets', withNames(dns('a'.repeat(64))), /more than 63/],
    ['an empty label', withNames(dns('a..b')), /empty label/],
    ['a trailing dot', withNames(dns('a.b.')), /empty label/],
    ['a leading hyphen', withNames(dns('-a.b')), /hyphen/],
    ['a trailing hyphen', withNames(dns('a-.b')), /hyphen/],
    ['an underscore', withNames(dns('a_b.c')), /underscore/],
    ['a space', withNames(dns('a b')), /character/],
    ['a NUL', withNames(dns('a.example\0.b')), /character/],
    ['Unicode', withNames(dns('bücher.example')), /xn--/],
    ['a wildcard alone', withNames(dns('*')), /misplaced wildcard/],
    ['a wildcard inside', withNames(dns('a.*.b')), /misplaced wildcard/],
    ['a wildcard in a label', withNames(dns('a*.b')), /misplaced wildcard/],
    ['an address as a dNSName', withNames(dns('10.0.0.1')), /iPAddress/],
    ['a broken A-label', withNames(dns('xn--a.example')), /internationalized/],
    ['a reserved label', withNames(dns('ab--c.example')), /internationalized/],
    ['an iPAddress of 5 octets', withNames(ip(1, 2, 3, 4, 5)), /5 octets/],
    ['an iPAddress with a mask', withNames(ip(1, 2, 3, 4, 255, 0, 0, 0)), /8 octets/],
    ['a mailbox without host', withNames(email('a')), /mailbox/],
    ['a mailbox without local part', withNames(email('@b.c')), /mailbox/],
    ['a mailbox with brackets', withNames(email('A <a@b.c>')), /mailbox|character/],
    ['a mailbox with two dots', withNames(email('a..b@c.d')), /mailbox/],
    ['a long local part', withNames(email(`${'a'.repeat(65)}@c.d`)), /too long/],
    ['a relative URI', withNames(uri('/a/b')), /absolute/],
    ['a URI of a scheme only', withNames(uri('http:')), /absolute/],
    ['a URI without host', withNames(uri('http:///a')), /no host/],
    ['a URI with a space', withNames(uri('http://a/b c')), /absolute/],
    ['a URI with a broken escape', withNames(uri('http://a/%2')), /absolute/],
    ['a URI with a broken address', withNames(uri('http://[::g]/')), /IPv6/],
    ['a URI with a number too large', withNames(uri('http://1.2.3.256/')), /IPv4/],
    ['a URI with a short host', withNames(uri('spiffe://prod/a')), /fully qualified/],
    ['a long URI', withNames(uri(`http://a.b/${'b'.repeat(2048)}`)), /longer than 2048/],
    ['an otherName', withNames(der(constructedContextTag(0), derOid('1.2.3'))), /otherName/],
    ['a directoryName', withNames(der(constructedContextTag(4), derSequence())), /directoryName/],
    ['a registeredID', withNames(der(contextTag(8), Buffer.from([42]))), /registeredID/],
    ['an unknown name', withNames(derIa5String('a')), /malformed/],
  ])('are %s', (_, csr, reason) => {
    expect(refusal(csr)).toMatch(reason);
  });
});
