import {
  der,
  derBitString,
  derBoolean,
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
  extensionRequest,
  requestedExtension,
  san,
  spkiOf,
  testKey,
} from '../testing/csr-builder.js';
import { refusal } from '../testing/refusal.js';

const challengePassword = '1.2.840.113549.1.9.7';

function withExtensions(...extensions: readonly Uint8Array[]): Buffer {
  return buildCsr({ attributes: [extensionRequest(...extensions)] });
}

describe('a request that is accepted', () => {
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
    ['a long length', Buffer.from([0x30, 0x85, 0, 0, 0, 0, 0]), /longer than what was sent/],
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
