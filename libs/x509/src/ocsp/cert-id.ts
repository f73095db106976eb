import type { Certificate } from '../certificate/parse-certificate.js';
import {
  DerError,
  type DerReader,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derUnsignedInteger,
  oid,
  oidOfContent,
  readWellFormed,
  tag,
} from '../der/index.js';
import { sha1, sha256 } from '../digest.js';

/** The hashes that a CertID may name its issuer with. */
export type CertIdHash = 'sha1' | 'sha256';

/** How a request names a certificate (RFC 6960 §4.1.1); byte arrays share memory with the request. */
export interface CertId {
  /** The whole element: a response repeats it to the octet. */
  readonly der: Uint8Array;
  /** Undefined for a hash that this product does not answer. */
  readonly hash: CertIdHash | undefined;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Big-endian two's complement, as the INTEGER has it. */
  readonly serial: Uint8Array;
}

const hashes: ReadonlyMap<string, CertIdHash> = new Map([
  [oid.sha1, 'sha1'],
  [oid.sha256, 'sha256'],
]);
const digests = { sha1, sha256 } as const;
const algorithms = {
  sha1: derSequence(derOid(oid.sha1), derNull()),
  sha256: derSequence(derOid(oid.sha256), derNull()),
} as const;

/** Reads a CertID at the reader's position. @throws DerError */
export function readCertId(reader: DerReader): CertId {
  const { bytes } = reader;
  const from = reader.position;
  const outer = reader.enter(tag.sequence, 'a CertID');
  const hash = readHash(reader);
  const issuerNameHash = reader.content(tag.octetString, "the hash of the issuer's name");
  const issuerKeyHash = reader.content(tag.octetString, "the hash of the issuer's key");
  reader.integer('the serial number');
  const serial = bytes.subarray(reader.start, reader.stop);
  reader.leave(outer, 'a CertID');
  return { der: bytes.subarray(from, reader.position), hash, issuerNameHash, issuerKeyHash, serial };
}

/** Parameters are absent or NULL; an unknown hash may have its own. */
function readHash(reader: DerReader): CertIdHash | undefined {
  const what = 'the hash algorithm of a CertID';
  const outer = reader.enter(tag.sequence, what);
  reader.read(tag.objectIdentifier, what);
  const hash = hashes.get(oidOfContent(reader.bytes, reader.start, reader.stop));
  if (reader.more) {
    if (hash !== undefined && reader.peek() !== tag.null) throw new DerError(`${what} has parameters`);
    readWellFormed(reader, what);
  }
  reader.leave(outer, what);
  return hash;
}

/** As much of an issuer's certificate as names it. */
export type Issuer = Pick<Certificate, 'subject' | 'spki'>;

/** What a CertID has for an issuer. */
export interface IssuerHashes {
  readonly nameHash: Buffer;
  readonly keyHash: Buffer;
}

/** RFC 6960 §4.1.1: of the issuer's name in DER, and of its key without tag, length and unused bits. */
export function issuerHashes(issuer: Issuer, hash: CertIdHash): IssuerHashes {
  const digest = digests[hash];
  return { nameHash: digest(issuer.subject), keyHash: digest(issuer.spki.key) };
}

/** @param serial unsigned big-endian */
export function certIdDer(issuer: Issuer, serial: Uint8Array, hash: CertIdHash = 'sha1'): Buffer {
  const { nameHash, keyHash } = issuerHashes(issuer, hash);
  return derSequence(
    algorithms[hash],
    derOctetString(nameHash),
    derOctetString(keyHash),
    derUnsignedInteger(serial),
  );
}
