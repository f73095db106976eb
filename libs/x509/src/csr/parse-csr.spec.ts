import {
  constructedContextTag,
  contextTag,
  der,
  derBitString,
  derBoolean,
  derIa5String,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derUnsignedInteger,
  derUtf8String,
  oid,
  tag,
} from '../der/index.js';
import {
  attribute,
  buildCsr,
  dns,
  email,
  extensionRequest,
  ip,
  requestedExtension,
  san,
  spkiOf,
  testKey,
  uri,
} from '../testing/csr-builder.js';
import { refusal } from '../testing/refusal.js';
import { parseCsr } from './parse-csr.js';

const challengePassword = '1.2.840.113549.1.9.7';

function withNames(...names: readonly Uint8Array[]): Buffer {
  return buildCsr({ attributes: [extensionRequest(san(...names))] });
}

function withExtensions(...extensions: readonly Uint8Array[]): Buffer {
  return buildCsr({ attributes: [extensionRequest(...extensions)] });
}

describe('a request that is accepted', () => {
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
    ['no attributes', buildCsr()],
    ['an empty subject', buildCsr({ subject: derSequence() })],
    ['a challenge password', buildCsr({ attributes: [attribute(challengePassword, derUtf8String('x'))] })],
    [
      'a challenge password beside the extensions',
      buildCsr({
        attributes: [attribute(challengePassword, derUtf8String('x')), extensionRequest(san(dns('a.b')))],
      }),
    ],
    [
      'basicConstraints CA:FALSE',
      withExtensions(requestedExtension(oid.basicConstraints, derSequence(), true)),
    ],
    ['keyUsage', withExtensions(requestedExtension(oid.keyUsage, derNamedBits([0, 2]), true))],
    ['extKeyUsage', withExtensions(requestedExtension(oid.extKeyUsage, derSequence(derOid(oid.serverAuth))))],
    [
      'an SKI',
      withExtensions(requestedExtension(oid.subjectKeyIdentifier, derOctetString(Buffer.alloc(20)))),
    ],
    ['an unknown extension that is not critical', withExtensions(requestedExtension('1.2.3.4', derNull()))],
    ['100 names', withNames(...Array.from({ length: 100 }, (_, i) => dns(`a${i}.example`)))],
    ['a name of 253 octets', withNames(dns(`${'a.'.repeat(126)}b`))],
    ['a label of 63 octets', withNames(dns('a'.repeat(63)))],
    [
      'a subject with an odd alphabet',
      buildCsr({
        subject: derSequence(
          der(tag.set, derSequence(derOid('2.5.4.3'), der(tag.printableString, Buffer.from('a_b@*')))),
        ),
      }),
    ],
  ])('may have %s', (_, csr) => {
    expect(refusal(csr)).toBeUndefined();
  });
});

describe('a request that is refused with a reason', () => {
  const good = buildCsr();
  const rsaSpki = spkiOf(testKey('RSA'));
  const p256 = spkiOf(testKey('P-256'));
  const point = p256.subarray(26);
  const ecSpki = (curve: Uint8Array, key: Uint8Array): Buffer =>
    derSequence(derSequence(derOid(oid.ecPublicKey), curve), derBitString(key));
  const secp256r1 = derOid(oid.secp256r1);

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', Buffer.alloc(0), /missing/],
    ['one octet', Buffer.from([0x30]), /cut off/],
    ['text', Buffer.from('-----BEGIN'), /missing or malformed/],
    ['octets behind it', Buffer.concat([good, Buffer.from([0])]), /unexpected data at its end/],
    ['a cut', good.subarray(0, good.length - 1), /longer than what holds it/],
    [
      'an indefinite length',
      Buffer.concat([Buffer.from([0x30, 0x80]), good.subarray(4), Buffer.alloc(2)]),
      /indefinite/,
    ],
    ['a long length', Buffer.from([0x30, 0x84, 0, 0, 0, 0]), /longer than what was sent/],
    ['a length not in its shortest form', Buffer.from([0x30, 0x81, 0x01, 0x00]), /shortest form/],
    ['a size above the bound', Buffer.alloc(16_385), /at most 16384/],
    ['version 1', buildCsr({ version: derUnsignedInteger(Buffer.from([1])) }), /version/],
    ['a negative version', buildCsr({ version: Buffer.from([2, 1, 0xff]) }), /negative/],
    ['a padded version', buildCsr({ version: Buffer.from([2, 2, 0, 0]) }), /shortest form/],
    ['a subject that is a SET', buildCsr({ subject: der(tag.set) }), /subject/],
    ['an empty RDN', buildCsr({ subject: derSequence(der(tag.set)) }), /empty relative/],
    [
      'an RDN without value',
      buildCsr({ subject: derSequence(der(tag.set, derSequence(derOid('2.5.4.3')))) }),
      /without a value/,
    ],
    [
      'a subject attribute in pieces',
      buildCsr({
        subject: derSequence(der(tag.set, derSequence(derOid('2.5.4.3'), der(0x2c, derUtf8String('a'))))),
      }),
      /pieces/,
    ],
    ['no attributes field', missingAttributes(), /the attributes is missing/],
    ['an attribute without value', buildCsr({ attributes: [attribute(challengePassword)] }), /no value/],
    [
      'a malformed attribute',
      buildCsr({ attributes: [attribute(challengePassword, Buffer.from([0x0c, 0x05, 0x61]))] }),
      /longer than|cut off/,
    ],
    ['deep nesting', buildCsr({ attributes: [attribute(challengePassword, nested(40))] }), /too deeply/],
    [
      'two extensionRequests',
      buildCsr({ attributes: [extensionRequest(san(dns('a.b'))), extensionRequest(san(dns('c.d')))] }),
      /more than once/,
    ],
    [
      'an extensionRequest with two values',
      buildCsr({ attributes: [attribute(oid.extensionRequest, derSequence(), derSequence())] }),
      /unexpected data/,
    ],
    [
      "Microsoft's attribute",
      buildCsr({ attributes: [attribute(oid.microsoftCertExtensions, derSequence())] }),
      /Microsoft/,
    ],
    [
      'an extension twice',
      withExtensions(san(dns('a.b')), san(dns('a.b'))),
      /subjectAltName is requested twice/,
    ],
    [
      'an unknown critical extension',
      withExtensions(requestedExtension('1.2.3.4', derNull(), true)),
      /1\.2\.3\.4 is requested as critical/,
    ],
    [
      'an unknown extension that is not DER',
      withExtensions(requestedExtension('1.2.3.4', Buffer.from([0x30, 0x80]))),
      /indefinite/,
    ],
    [
      'critical FALSE written out',
      withExtensions(derSequence(derOid('1.2.3.4'), derBoolean(false), derOctetString(derNull()))),
      /written out/,
    ],
    [
      'a BOOLEAN of 01',
      withExtensions(derSequence(derOid('1.2.3.4'), Buffer.from([1, 1, 1]), derOctetString(derNull()))),
      /not a DER BOOLEAN/,
    ],
    [
      'too many extensions',
      withExtensions(...Array.from({ length: 33 }, (_, i) => requestedExtension(`1.2.3.${i}`, derNull()))),
      /more than 32/,
    ],
    [
      'CA:TRUE',
      withExtensions(requestedExtension(oid.basicConstraints, derSequence(derBoolean(true)))),
      /CA:TRUE/,
    ],
    [
      'CA:FALSE written out',
      withExtensions(requestedExtension(oid.basicConstraints, derSequence(derBoolean(false)))),
      /written out/,
    ],
    [
      'a path length',
      withExtensions(
        requestedExtension(oid.basicConstraints, derSequence(derUnsignedInteger(Buffer.from([0])))),
      ),
      /path length/,
    ],
    [
      'keyCertSign',
      withExtensions(requestedExtension(oid.keyUsage, derNamedBits([0, 5]))),
      /keyCertSign or cRLSign/,
    ],
    [
      'cRLSign',
      withExtensions(requestedExtension(oid.keyUsage, derNamedBits([6]))),
      /keyCertSign or cRLSign/,
    ],
    [
      'keyUsage with trailing zeros',
      withExtensions(requestedExtension(oid.keyUsage, Buffer.from([3, 2, 0, 0x80]))),
      /trailing zero bits/,
    ],
    ['an empty extKeyUsage', withExtensions(requestedExtension(oid.extKeyUsage, derSequence())), /empty/],
    [
      'octets behind a value',
      withExtensions(requestedExtension(oid.basicConstraints, Buffer.concat([derSequence(), derNull()]))),
      /unexpected data/,
    ],
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
    [
      'DSA',
      buildCsr({
        spki: derSequence(derSequence(derOid('1.2.840.10040.4.1')), derBitString(Buffer.alloc(4))),
      }),
      /1\.2\.840\.10040\.4\.1 are not supported/,
    ],
    [
      'secp256k1',
      buildCsr({ spki: ecSpki(derOid('1.3.132.0.10'), point) }),
      /1\.3\.132\.0\.10 is not supported/,
    ],
    ['explicit curve parameters', buildCsr({ spki: ecSpki(derSequence(), point) }), /name its curve/],
    [
      'a compressed point',
      buildCsr({ spki: ecSpki(secp256r1, Buffer.concat([Buffer.from([2]), point.subarray(1, 33)])) }),
      /compressed/,
    ],
    ['the point at infinity', buildCsr({ spki: ecSpki(secp256r1, Buffer.from([0])) }), /infinity/],
    [
      'a hybrid point',
      buildCsr({ spki: ecSpki(secp256r1, Buffer.concat([Buffer.from([6]), point.subarray(1)])) }),
      /uncompressed/,
    ],
    [
      'a key with unused bits',
      buildCsr({
        spki: derSequence(
          derSequence(derOid(oid.ecPublicKey), secp256r1),
          der(tag.bitString, Buffer.from([1]), point),
        ),
      }),
      /whole octets/,
    ],
    [
      'RSA parameters that are absent',
      buildCsr({
        spki: Buffer.concat([derSequence(derSequence(derOid(oid.rsaEncryption)), rsaSpki.subarray(19))]),
      }),
      /must be NULL/,
    ],
    [
      'Ed25519 parameters',
      buildCsr({
        spki: derSequence(derSequence(derOid(oid.ed25519), derNull()), derBitString(Buffer.alloc(32))),
      }),
      /must not have parameters/,
    ],
    [
      'Ed25519 of 31 octets',
      buildCsr({ spki: derSequence(derSequence(derOid(oid.ed25519)), derBitString(Buffer.alloc(31))) }),
      /32 octets/,
    ],
    [
      'SHA-1',
      buildCsr({ signatureAlgorithm: derSequence(derOid('1.2.840.10045.4.1')) }),
      /SHA-1, which is broken/,
    ],
    [
      'MD5',
      buildCsr({ signatureAlgorithm: derSequence(derOid('1.2.840.113549.1.1.4'), derNull()) }),
      /MD5, which is broken/,
    ],
    [
      'ECDSA with NULL parameters',
      buildCsr({ signatureAlgorithm: derSequence(derOid(oid.ecdsaWithSha256), derNull()) }),
      /wrong parameters/,
    ],
    [
      'an unknown signature',
      buildCsr({ signatureAlgorithm: derSequence(derOid('1.2.3.4')) }),
      /1\.2\.3\.4 is not supported/,
    ],
  ])('has %s', (_, csr, reason) => {
    expect(refusal(csr)).toMatch(reason);
  });

  function missingAttributes(): Buffer {
    const info = derSequence(derUnsignedInteger(Buffer.from([0])), derSequence(), p256);
    return derSequence(info, derSequence(derOid(oid.ecdsaWithSha256)), derBitString(Buffer.alloc(8)));
  }

  function nested(depth: number): Buffer {
    return depth === 0 ? derNull() : derSequence(nested(depth - 1));
  }
});
