import {
  type CertificateExtension,
  type CertificateTime,
  readExtensions,
} from '../certificate/tbs-certificate.js';
import { DerError, DerReader, DerSlice, oid, readTime, tag } from '../der/index.js';
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
