import { constructedContextTag, DerError, DerReader, oidOfContent, readTime, tag } from '../der/index.js';

/** One extension; `value` is the content of its OCTET STRING. */
export interface CertificateExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** One end of the validity. */
export interface CertificateTime {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Whether it is a GeneralizedTime. */
  readonly generalized: boolean;
}

/** A TBSCertificate (RFC 5280 §4.1) taken apart; the byte arrays share memory with it and hold whole DER elements. */
export interface TbsCertificate {
  /** 0 for v1, 2 for v3. */
  readonly version: number;
  /** The INTEGER's content: big-endian two's complement. */
  readonly serial: Uint8Array;
  /** AlgorithmIdentifier. */
  readonly signatureAlgorithm: Uint8Array;
  /** Name. */
  readonly issuer: Uint8Array;
  readonly notBefore: CertificateTime;
  readonly notAfter: CertificateTime;
  /** Name. */
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Whether one of the unique identifiers is there, which RFC 5280 §4.1.2.8 forbids. */
  readonly hasUniqueId: boolean;
  readonly extensions: readonly CertificateExtension[];
}

/** Extension types are `2.5.29.n` nearly always: their texts are made once. */
const idCe = Array.from({ length: 128 }, (_, n) => `2.5.29.${n}`);

/** Takes apart the TBSCertificate at the reader's position. @throws DerError */
export function readTbsCertificate(reader: DerReader): TbsCertificate {
  const certificate = reader.enter(tag.sequence, 'the to-be-signed certificate');
  const version = readVersion(reader);
  reader.integer('the serial number');
  const serial = reader.bytes.subarray(reader.start, reader.stop);
  const signatureAlgorithm = reader.element(tag.sequence, 'the signature algorithm');
  const issuer = reader.element(tag.sequence, 'the issuer');
  const validity = reader.enter(tag.sequence, 'the validity');
  const notBefore = readEnd(reader, 'notBefore');
  const notAfter = readEnd(reader, 'notAfter');
  reader.leave(validity, 'the validity');
  const subject = reader.element(tag.sequence, 'the subject');
  const spki = reader.element(tag.sequence, 'the public key');
  const hasUniqueId = skipUniqueIds(reader);
  const extensions = reader.peek() === constructedContextTag(3) ? readExtensions(reader) : [];
  reader.leave(certificate, 'the to-be-signed certificate');
  const algorithms = { version, serial, signatureAlgorithm, issuer, notBefore, notAfter };
  return { ...algorithms, subject, spki, hasUniqueId, extensions };
}

/** @throws DerError */
export function parseTbsCertificate(tbs: Uint8Array): TbsCertificate {
  const reader = new DerReader(tbs);
  const parsed = readTbsCertificate(reader);
  reader.end('the to-be-signed certificate');
  return parsed;
}

function readVersion(reader: DerReader): number {
  if (reader.peek() !== constructedContextTag(0)) return 0;
  const outer = reader.enter(constructedContextTag(0), 'the version');
  const version = reader.smallInteger('the version');
  reader.leave(outer, 'the version');
  if (version === 0) throw new DerError('the version is v1 and written out, which DER forbids');
  return version;
}

function readEnd(reader: DerReader, what: string): CertificateTime {
  const generalized = reader.peek() === tag.generalizedTime;
  return { at: readTime(reader, what), generalized };
}

function skipUniqueIds(reader: DerReader): boolean {
  let found = false;
  for (const number of [1, 2]) {
    if (reader.peek() !== (0x80 | number)) continue;
    reader.next('a unique identifier');
    found = true;
  }
  return found;
}

function readExtensions(reader: DerReader): CertificateExtension[] {
  const what = 'the extensions';
  const extensions: CertificateExtension[] = [];
  const explicit = reader.enter(constructedContextTag(3), what);
  const sequence = reader.enter(tag.sequence, what);
  while (reader.more) {
    const outer = reader.enter(tag.sequence, 'an extension');
    reader.read(tag.objectIdentifier, "an extension's type");
    const type = typeOf(reader);
    const critical = reader.peek() === tag.boolean && reader.boolean("an extension's criticality");
    const value = reader.content(tag.octetString, "an extension's value");
    reader.leave(outer, 'an extension');
    extensions.push({ oid: type, critical, value });
  }
  reader.leave(sequence, what);
  reader.leave(explicit, what);
  return extensions;
}

function typeOf({ bytes, start, stop }: DerReader): string {
  const idCeNumber = bytes[start + 2] as number;
  const short = stop - start === 3 && bytes[start] === 0x55 && bytes[start + 1] === 0x1d && idCeNumber < 128;
  return short ? (idCe[idCeNumber] as string) : oidOfContent(bytes, start, stop);
}
