import {
  type CertificateExtension,
  type CertificateTime,
  readExtensionList,
  readExtensions,
} from '../certificate/tbs-certificate.js';
import { DerError, DerReader, DerSlice, oid, readGeneralizedTime, readTime, tag } from '../der/index.js';
import { readSignatureAlgorithm } from '../signature/read-signature-algorithm.js';
import type { SignatureScheme } from '../signature/signature-algorithm.js';
import { CrlError } from './crl-error.js';

/** A TBSCertList (RFC 5280 §5.1) taken apart; the slices share memory with the input. */
export interface TbsCrl {
  /** 0 for v1, 1 for v2. */
  readonly version: number;
  /** AlgorithmIdentifier. */
  readonly signatureAlgorithm: DerSlice;
  /** Name. */
  readonly issuer: DerSlice;
  readonly thisUpdate: CertificateTime;
  readonly nextUpdate: CertificateTime | undefined;
  /** The content of revokedCertificates; undefined where the list is absent. */
  readonly entries: DerSlice | undefined;
  readonly extensions: readonly CertificateExtension[];
}

/** A parsed CRL. */
export interface Crl {
  readonly der: Uint8Array;
  /** What the signature covers. */
  readonly tbs: Uint8Array;
  readonly fields: TbsCrl;
  /** CRLNumber, or undefined. */
  readonly number: bigint | undefined;
  /** The number of the full CRL that a delta CRL adds to, or undefined. */
  readonly base: bigint | undefined;
  readonly signatureScheme: SignatureScheme;
  readonly signature: Uint8Array;
}

/** One entry as {@link forEachCrlEntry} shows it. The object is the same each time: copy what you keep. */
export interface CrlEntryView {
  /** The INTEGER's content is from `serialStart` to `serialStop` of the CRL's octets. */
  serialStart: number;
  serialStop: number;
  /** Epoch milliseconds. */
  revokedAt: number;
  /** Whether the time is a GeneralizedTime. */
  generalized: boolean;
  /** CRLReason; undefined where it is absent. */
  reason: number | undefined;
  /** Epoch milliseconds; undefined where it is absent. */
  invalidityDate: number | undefined;
  /** An entry extension that is critical, by its type, or undefined. */
  critical: string | undefined;
}

/**
 * Parses a CRL in strict DER. The signature is not verified.
 *
 * @throws CrlError and nothing else, whatever the bytes
 */
export function parseCrl(der: Uint8Array): Crl {
  try {
    const reader = new DerReader(der);
    const outer = reader.enter(tag.sequence, 'the CRL');
    const from = reader.position;
    const fields = readTbsCrl(reader);
    const tbs = der.subarray(from, reader.position);
    const algorithmFrom = reader.position;
    const signatureScheme = readSignatureAlgorithm(reader);
    const algorithm = der.subarray(algorithmFrom, reader.position);
    if (Buffer.compare(algorithm, fields.signatureAlgorithm.octets) !== 0) {
      throw new DerError('the two signature algorithms differ (RFC 5280 §5.1.1.2)');
    }
    reader.octetAlignedBitString('the signature');
    const signature = der.subarray(reader.start, reader.stop);
    reader.leave(outer, 'the CRL');
    reader.end('the CRL');
    const number = integerExtension(fields, oid.cRLNumber);
    const base = integerExtension(fields, oid.deltaCRLIndicator);
    return { der, tbs, fields, number, base, signatureScheme, signature };
  } catch (error) {
    if (error instanceof DerError) throw new CrlError(error.message, { cause: error });
    throw error;
  }
}

/** @throws DerError */
export function parseTbsCrl(tbs: Uint8Array): TbsCrl {
  const reader = new DerReader(tbs);
  const fields = readTbsCrl(reader);
  reader.end('the to-be-signed CRL');
  return fields;
}

function readTbsCrl(reader: DerReader): TbsCrl {
  const outer = reader.enter(tag.sequence, 'the to-be-signed CRL');
  const version = reader.peek() === tag.integer ? reader.smallInteger('the version') : 0;
  const signatureAlgorithm = sequence(reader, 'the signature algorithm');
  const issuer = sequence(reader, 'the issuer');
  const thisUpdate = time(reader, 'thisUpdate');
  const hasNext = reader.peek() === tag.utcTime || reader.peek() === tag.generalizedTime;
  const nextUpdate = hasNext ? time(reader, 'nextUpdate') : undefined;
  let entries: DerSlice | undefined;
  if (reader.peek() === tag.sequence) {
    reader.read(tag.sequence, 'the revoked certificates');
    entries = new DerSlice(reader.bytes, reader.start, reader.stop);
  }
  const extensions = reader.more ? readExtensions(reader, 0) : [];
  reader.leave(outer, 'the to-be-signed CRL');
  return { version, signatureAlgorithm, issuer, thisUpdate, nextUpdate, entries, extensions };
}

/**
 * Shows every entry of a CRL in order: 1 M of them in a fifth of a second.
 *
 * @throws DerError for an entry that is not strict DER
 */
export function forEachCrlEntry(entries: DerSlice, visit: (entry: CrlEntryView) => void): void {
  const reader = entries.reader();
  const { bytes } = reader;
  const octets = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const view: CrlEntryView = {
    serialStart: 0,
    serialStop: 0,
    revokedAt: 0,
    generalized: false,
    reason: undefined,
    invalidityDate: undefined,
    critical: undefined,
  };
  const date = { start: 0, stop: 0 };
  const rest = { start: 0, stop: 0 };
  while (reader.more) {
    const outer = reader.limit;
    const from = reader.position;
    if (isShort(octets, from, outer)) {
      reader.limit = from + 2 + octets.getUint8(from + 1);
      view.serialStart = from + 4;
      view.serialStop = view.serialStart + octets.getUint8(from + 3);
      reader.position = view.serialStop;
    } else {
      reader.enter(tag.sequence, 'a revoked certificate');
      reader.integer('a serial number');
      view.serialStart = reader.start;
      view.serialStop = reader.stop;
    }
    // Many entries are of the same second and for the same reason: what repeats is not taken apart again.
    const dateStart = reader.position;
    if (repeats(octets, date, reader)) reader.position += date.stop - date.start;
    else {
      view.generalized = reader.peek() === tag.generalizedTime;
      view.revokedAt = readTime(reader, 'a revocation date');
      date.start = dateStart;
      date.stop = reader.position;
    }
    const restStart = reader.position;
    if (reader.limit - restStart === rest.stop - rest.start && repeats(octets, rest, reader))
      reader.position = reader.limit;
    else {
      view.reason = undefined;
      view.invalidityDate = undefined;
      view.critical = undefined;
      if (reader.more) readEntryExtensions(reader, view);
      rest.start = restStart;
      rest.stop = reader.position;
    }
    reader.leave(outer, 'a revoked certificate');
    visit(view);
  }
}

/**
 * Whether an entry has its usual beginning: two headers of one octet of length, and a serial number of two octets or
 * more in its shortest form. What has not is read step by step, and refused where it must be.
 */
function isShort(octets: DataView, from: number, limit: number): boolean {
  if (from + 6 > limit) return false;
  const headers = octets.getUint32(from);
  if ((headers & 0xff80ff80) !== ((tag.sequence << 24) | (tag.integer << 8))) return false;
  const serial = headers & 0x7f;
  const content = (headers >> 16) & 0x7f;
  if (serial < 2 || serial + 2 > content || from + 2 + content > limit) return false;
  const sign = octets.getUint16(from + 4) & 0xff80;
  return sign !== 0 && sign !== 0xff80;
}

/** Whether what comes next is, octet by octet, an earlier part of the same CRL. */
function repeats(
  octets: DataView,
  earlier: { start: number; stop: number },
  { position, limit }: DerReader,
): boolean {
  const { start } = earlier;
  const length = earlier.stop - start;
  if (length === 0 || position + length > limit) return false;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    if (octets.getUint32(start + i) !== octets.getUint32(position + i)) return false;
  }
  for (; i < length; i++) if (octets.getUint8(start + i) !== octets.getUint8(position + i)) return false;
  return true;
}

function readEntryExtensions(reader: DerReader, view: CrlEntryView): void {
  for (const { oid: type, critical, value } of readExtensionList(reader)) {
    if (critical) view.critical = type;
    const content = value.reader();
    if (type === oid.cRLReason) {
      content.read(tag.enumerated, 'a reason code');
      if (content.stop - content.start !== 1) throw new DerError('a reason code is not one octet');
      view.reason = content.bytes[content.start];
      content.end('a reason code');
    } else if (type === oid.invalidityDate) {
      view.invalidityDate = readGeneralizedTime(content, 'an invalidity date');
      content.end('an invalidity date');
    }
  }
}

/** The value of an extension that is an INTEGER. */
function integerExtension({ extensions }: TbsCrl, type: string): bigint | undefined {
  const found = extensions.find((each) => each.oid === type);
  if (found === undefined) return undefined;
  const reader = found.value.reader();
  reader.integer('a CRL number');
  const hex = Buffer.from(reader.bytes.subarray(reader.start, reader.stop)).toString('hex');
  reader.end('a CRL number');
  if (Number.parseInt(hex.slice(0, 2), 16) > 0x7f) throw new DerError('a CRL number is negative');
  return BigInt(`0x${hex}`);
}

function sequence(reader: DerReader, what: string): DerSlice {
  const from = reader.position;
  reader.read(tag.sequence, what);
  return new DerSlice(reader.bytes, from, reader.stop);
}

function time(reader: DerReader, what: string): CertificateTime {
  const generalized = reader.peek() === tag.generalizedTime;
  return { at: readTime(reader, what), generalized };
}
