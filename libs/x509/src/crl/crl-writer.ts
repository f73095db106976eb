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

/**
 * The TBSCertList of a version 2 CRL (RFC 5280 §5.1), with AKI and CRLNumber. Costs one copy of the entries.
 *
 * @throws RangeError for a delta CRL that names another one
 */
export function crlTbs(spec: CrlSpec): Buffer {
  if (spec.base !== undefined && spec.freshestUrl !== undefined) {
    throw new RangeError('freshestCRL must not be in a delta CRL (RFC 5280 §5.2.6)');
  }
  const head = Buffer.concat([
    version2,
    signatureAlgorithmDer(spec.signatureAlgorithm),
    spec.issuer,
    derTime(spec.thisUpdate),
    derTime(spec.nextUpdate),
  ]);
  const tail = der(constructedContextTag(0), derSequence(...extensions(spec)));
  const { entries } = spec;
  // RFC 5280 §5.1.2.6: without a revoked certificate the list must be absent.
  const listLength = entries.length === 0 ? 0 : headerLength(entries.length) + entries.length;
  const length = head.length + listLength + tail.length;
  const out = Buffer.allocUnsafe(headerLength(length) + length);
  let at = writeHeader(out, 0, { tag: tag.sequence, length });
  out.set(head, at);
  at += head.length;
  if (listLength > 0) {
    at = writeHeader(out, at, { tag: tag.sequence, length: entries.length });
    entries.writeTo(out, at);
    at += entries.length;
  }
  out.set(tail, at);
  return out;
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
