import {
  constructedContextTag,
  contextTag,
  DerError,
  DerReader,
  DerSlice,
  oidOfContent,
  readTime,
  tag,
} from '../der/index.js';

/** One extension; `value` is the content of its OCTET STRING. */
export interface CertificateExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: DerSlice;
}

/** One end of the validity. */
export interface CertificateTime {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Whether it is a GeneralizedTime. */
  readonly generalized: boolean;
}

/** A TBSCertificate (RFC 5280 §4.1) taken apart into whole DER elements. */
export interface TbsCertificate {
  /** 0 for v1, 2 for v3. */
  readonly version: number;
  /** The INTEGER's content: big-endian two's complement. */
  readonly serial: DerSlice;
  /** AlgorithmIdentifier. */
  readonly signatureAlgorithm: DerSlice;
  /** Name. */
  readonly issuer: DerSlice;
  readonly notBefore: CertificateTime;
  readonly notAfter: CertificateTime;
  /** Name. */
  readonly subject: DerSlice;
  /** SubjectPublicKeyInfo. */
  readonly spki: DerSlice;
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
  const serial = content(reader);
  const signatureAlgorithm = sequence(reader, 'the signature algorithm');
  const issuer = sequence(reader, 'the issuer');
  const validity = reader.enter(tag.sequence, 'the validity');
  const notBefore = readEnd(reader, 'notBefore');
  const notAfter = readEnd(reader, 'notAfter');
  reader.leave(validity, 'the validity');
  const subject = sequence(reader, 'the subject');
  const spki = sequence(reader, 'the public key');
  const hasUniqueId = skipUniqueIds(reader);
  const extensions = reader.peek() === constructedContextTag(3) ? readExtensions(reader, 3) : [];
  reader.leave(certificate, 'the to-be-signed certificate');
  return {
    version,
    serial,
    signatureAlgorithm,
    issuer,
    notBefore,
    notAfter,
    subject,
    spki,
    hasUniqueId,
    extensions,
  };
}

/** @throws DerError */
export function parseTbsCertificate(tbs: Uint8Array): TbsCertificate {
  const reader = new DerReader(tbs);
  const parsed = readTbsCertificate(reader);
  reader.end('the to-be-signed certificate');
  return parsed;
}

/** The content of the element that was read last. */
function content({ bytes, start, stop }: DerReader): DerSlice {
  return new DerSlice(bytes, start, stop);
}

function sequence(reader: DerReader, what: string): DerSlice {
  const from = reader.position;
  reader.read(tag.sequence, what);
  return new DerSlice(reader.bytes, from, reader.stop);
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
  for (let number = 1; number <= 2; number++) {
    if (reader.peek() !== contextTag(number)) continue;
    reader.next('a unique identifier');
    found = true;
  }
  return found;
}

/** `[number] EXPLICIT Extensions` of a certificate, a CRL or an OCSP message. @throws DerError */
export function readExtensions(reader: DerReader, number: number): CertificateExtension[] {
  const what = 'the extensions';
  const explicit = reader.enter(constructedContextTag(number), what);
  const extensions = readExtensionList(reader);
  reader.leave(explicit, what);
  return extensions;
}

/** Extensions (RFC 5280 §4.1) at the reader's position. @throws DerError */
export function readExtensionList(reader: DerReader): CertificateExtension[] {
  const what = 'the extensions';
  const extensions: CertificateExtension[] = [];
  const list = reader.enter(tag.sequence, what);
  while (reader.more) {
    const outer = reader.enter(tag.sequence, 'an extension');
    reader.read(tag.objectIdentifier, "an extension's type");
    const type = typeOf(reader);
    const critical = readCritical(reader);
    reader.read(tag.octetString, "an extension's value");
    const value = content(reader);
    reader.leave(outer, 'an extension');
    extensions.push({ oid: type, critical, value });
  }
  reader.leave(list, what);
  return extensions;
}

/** BOOLEAN DEFAULT FALSE: DER leaves a FALSE out (X.690 §11.5). */
function readCritical(reader: DerReader): boolean {
  if (reader.peek() !== tag.boolean) return false;
  if (!reader.boolean("an extension's criticality")) {
    throw new DerError("an extension's criticality is FALSE and written out, which DER forbids");
  }
  return true;
}

function typeOf({ bytes, start, stop }: DerReader): string {
  const idCeNumber = bytes[start + 2] as number;
  const short = stop - start === 3 && bytes[start] === 0x55 && bytes[start + 1] === 0x1d && idCeNumber < 128;
  return short ? (idCe[idCeNumber] as string) : oidOfContent(bytes, start, stop);
}
