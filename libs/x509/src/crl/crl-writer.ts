import { authorityKeyIdentifier, extension, uri } from '../certificate/extension-writer.js';
import {
  constructedContextTag,
  der,
  derSequence,
  derTime,
  derUnsignedInteger,
  headerLength,
  oid,
  tag,
  writeHeader,
} from '../der/index.js';
import { type SignatureAlgorithm, signatureAlgorithmDer } from '../signature/signature-algorithm.js';
import type { CrlEntries } from './crl-entries.js';

/** What a CRL says beside its entries. */
export interface CrlSpec {
  /** Name of the CA, in DER. */
  readonly issuer: Uint8Array;
  /** The CA's subject key identifier. */
  readonly issuerKeyIdentifier: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** Grows with every CRL of this scope, full and delta ones together (RFC 5280 §5.2.3). */
  readonly number: bigint;
  /** Epoch milliseconds, rounded down to seconds. */
  readonly thisUpdate: number;
  /** The same. */
  readonly nextUpdate: number;
  readonly entries: CrlEntries;
  /** The CRL covers the certificates that name this URL, and no others: a shard (RFC 5280 §5.2.5). */
  readonly shardUrl?: string | undefined;
  /** Makes it a delta CRL: the number of the full CRL that it adds to (RFC 5280 §5.2.4). */
  readonly base?: bigint | undefined;
  /** Where the delta CRL of this full CRL is (RFC 5280 §5.2.6). */
  readonly freshestUrl?: string | undefined;
}

const version2 = derUnsignedInteger(Buffer.from([1]));

/** The longest header, of a CRL below 4 GiB. */
const headerRoom = 6;
/** Of an RSA key of 8192 bits. */
const longestSignature = 1024;

/** A CRL before its signature. The room around its TBSCertList takes the rest, so that no octet is copied for it. */
export class CrlDraft {
  /** TBSCertList in DER. */
  readonly tbs: Buffer;
  readonly #room: Buffer;
  readonly #algorithm: Uint8Array;

  /** @param room the TBSCertList from `headerRoom` on, then as many octets as the rest may take */
  constructor(room: Buffer, tbsLength: number, algorithm: Uint8Array) {
    this.tbs = room.subarray(headerRoom, headerRoom + tbsLength);
    this.#room = room;
    this.#algorithm = algorithm;
  }

  /** The CertificateList with this signature; shares memory with the draft. */
  signed(signature: Uint8Array): Buffer {
    if (signature.length > longestSignature) throw new RangeError('this is not a signature');
    const room = this.#room;
    const behind = headerRoom + this.tbs.length;
    room.set(this.#algorithm, behind);
    const bits = { tag: tag.bitString, length: signature.length + 1 };
    let at = writeHeader(room, behind + this.#algorithm.length, bits);
    room[at++] = 0;
    room.set(signature, at);
    at += signature.length;
    const length = at - headerRoom;
    const from = headerRoom - headerLength(length);
    writeHeader(room, from, { tag: tag.sequence, length });
    return room.subarray(from, at);
  }
}

/**
 * A version 2 CRL (RFC 5280 §5.1), with AKI and CRLNumber. Costs one copy of the entries.
 *
 * @throws RangeError for a delta CRL that names another one
 */
export function draftCrl(spec: CrlSpec): CrlDraft {
  if (spec.base !== undefined && spec.freshestUrl !== undefined) {
    throw new RangeError('freshestCRL must not be in a delta CRL (RFC 5280 §5.2.6)');
  }
  const algorithm = signatureAlgorithmDer(spec.signatureAlgorithm);
  const times = [derTime(spec.thisUpdate), derTime(spec.nextUpdate)];
  const head = Buffer.concat([version2, algorithm, spec.issuer, ...times]);
  const tail = der(constructedContextTag(0), derSequence(...extensions(spec)));
  const { entries } = spec;
  // RFC 5280 §5.1.2.6: without a revoked certificate the list must be absent.
  const listLength = entries.length === 0 ? 0 : headerLength(entries.length) + entries.length;
  const length = head.length + listLength + tail.length;
  const tbsLength = headerLength(length) + length;
  const out = Buffer.allocUnsafe(headerRoom + tbsLength + algorithm.length + headerRoom + longestSignature);
  let at = writeHeader(out, headerRoom, { tag: tag.sequence, length });
  out.set(head, at);
  at += head.length;
  if (listLength > 0) {
    at = writeHeader(out, at, { tag: tag.sequence, length: entries.length });
    entries.writeTo(out, at);
    at += entries.length;
  }
  out.set(tail, at);
  return new CrlDraft(out, tbsLength, algorithm);
}

function extensions(spec: CrlSpec): Buffer[] {
  const { shardUrl, base, freshestUrl } = spec;
  const found = [
    authorityKeyIdentifier(spec.issuerKeyIdentifier),
    extension(oid.cRLNumber, integerOf(spec.number)),
  ];
  if (base !== undefined) found.push(extension(oid.deltaCRLIndicator, integerOf(base), true));
  if (shardUrl !== undefined) {
    found.push(extension(oid.issuingDistributionPoint, derSequence(distributionPoint(shardUrl)), true));
  }
  if (freshestUrl !== undefined) {
    found.push(extension(oid.freshestCRL, derSequence(derSequence(distributionPoint(freshestUrl)))));
  }
  return found;
}

/** `[0] DistributionPointName` with one URI as its fullName. */
function distributionPoint(url: string): Buffer {
  return der(constructedContextTag(0), der(constructedContextTag(0), uri(url)));
}

function integerOf(number: bigint): Buffer {
  const hex = number.toString(16);
  return derUnsignedInteger(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}
