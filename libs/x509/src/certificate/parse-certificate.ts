import { decodeGeneralNames, type GeneralName } from '../csr/general-names.js';
import { contextTag, DerError, DerReader, oid, tag } from '../der/index.js';
import { parseSubjectPublicKeyInfo, type SubjectPublicKeyInfo } from '../key/subject-public-key-info.js';
import { readSignatureAlgorithm } from '../signature/read-signature-algorithm.js';
import type { SignatureScheme } from '../signature/signature-algorithm.js';
import { keyMakes, verifySignature } from '../signature/verify-signature.js';
import { CertificateError } from './certificate-error.js';
import { type NameConstraints, readNameConstraints } from './name-constraints.js';
import { readTbsCertificate, type TbsCertificate } from './tbs-certificate.js';

/** A parsed certificate. The byte arrays share memory with `der`. */
export interface Certificate {
  readonly der: Uint8Array;
  /** What the signature covers. */
  readonly tbs: Uint8Array;
  readonly fields: TbsCertificate;
  /** The serial as lower-case hex without leading zeros: how REST writes it. */
  readonly serialHex: string;
  /** Name in DER. */
  readonly subject: Uint8Array;
  /** Name in DER. */
  readonly issuer: Uint8Array;
  /** Epoch milliseconds. */
  readonly notBefore: number;
  /** Epoch milliseconds. */
  readonly notAfter: number;
  readonly spki: SubjectPublicKeyInfo;
  readonly subjectKeyIdentifier: Uint8Array | undefined;
  readonly authorityKeyIdentifier: Uint8Array | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  /** The names of kinds that this product certifies. */
  readonly subjectAltNames: readonly GeneralName[];
  readonly signatureScheme: SignatureScheme;
  readonly signature: Uint8Array;
}

/**
 * Parses a certificate in strict DER, with a key and a signature of the kinds that this product knows.
 *
 * The signature is not verified: see {@link verifyCertificateSignature}.
 *
 * @throws CertificateError and nothing else, whatever the bytes
 */
export function parseCertificate(der: Uint8Array): Certificate {
  try {
    return read(new DerReader(der));
  } catch (error) {
    if (error instanceof DerError) throw new CertificateError(error.message, { cause: error });
    throw error;
  }
}

/**
 * Whether `certificate` names `issuer` as its issuer, and is signed with the issuer's key.
 *
 * Nothing else of RFC 5280 §6 is checked.
 *
 * @throws KeyError when the issuer's key is weak
 */
export function verifyCertificateSignature(certificate: Certificate, issuer: Certificate): boolean {
  const { signatureScheme, tbs: message, signature } = certificate;
  return (
    Buffer.compare(certificate.issuer, issuer.subject) === 0 &&
    keyMakes(issuer.spki, signatureScheme) &&
    verifySignature(issuer.spki, signatureScheme, { message, signature })
  );
}

function read(reader: DerReader): Certificate {
  const outer = reader.enter(tag.sequence, 'the certificate');
  const from = reader.position;
  const fields = readTbsCertificate(reader);
  const tbs = reader.bytes.subarray(from, reader.position);
  const algorithmFrom = reader.position;
  const signatureScheme = readSignatureAlgorithm(reader);
  const algorithm = reader.bytes.subarray(algorithmFrom, reader.position);
  if (Buffer.compare(algorithm, fields.signatureAlgorithm.octets) !== 0) {
    throw new DerError('the two signature algorithms differ (RFC 5280 §4.1.1.2)');
  }
  reader.octetAlignedBitString('the signature');
  const signature = reader.bytes.subarray(reader.start, reader.stop);
  reader.leave(outer, 'the certificate');
  reader.end('the certificate');
  const names = extensionValue(fields, oid.subjectAltName);
  const constraints = extensionValue(fields, oid.nameConstraints);
  return {
    der: reader.bytes,
    tbs,
    fields,
    serialHex: hexOfSerial(fields.serial.octets),
    subject: fields.subject.octets,
    issuer: fields.issuer.octets,
    notBefore: fields.notBefore.at,
    notAfter: fields.notAfter.at,
    spki: parseSubjectPublicKeyInfo(fields.spki.octets),
    subjectKeyIdentifier: readSubjectKeyIdentifier(fields),
    authorityKeyIdentifier: readAuthorityKeyIdentifier(fields),
    nameConstraints: constraints === undefined ? undefined : readNameConstraints(constraints),
    subjectAltNames: names === undefined ? [] : decodeGeneralNames(new DerReader(names)),
    signatureScheme,
    signature,
  };
}

/** The value of the first extension of this type. */
export function extensionValue(fields: TbsCertificate, type: string): Uint8Array | undefined {
  return fields.extensions.find((extension) => extension.oid === type)?.value.octets;
}

/** A serial as lower-case hex without leading zeros. */
export function hexOfSerial(serial: Uint8Array): string {
  const hex = Buffer.from(serial.buffer, serial.byteOffset, serial.byteLength).toString('hex');
  return hex.replace(/^(?:00)+(?=..)/, '');
}

function readSubjectKeyIdentifier(fields: TbsCertificate): Uint8Array | undefined {
  const value = extensionValue(fields, oid.subjectKeyIdentifier);
  return value === undefined
    ? undefined
    : new DerReader(value).content(tag.octetString, 'the subject key identifier');
}

function readAuthorityKeyIdentifier(fields: TbsCertificate): Uint8Array | undefined {
  const value = extensionValue(fields, oid.authorityKeyIdentifier);
  if (value === undefined) return undefined;
  const reader = new DerReader(value);
  reader.enter(tag.sequence, 'the authority key identifier');
  return reader.peek() === contextTag(0)
    ? reader.content(contextTag(0), 'the authority key identifier')
    : undefined;
}
