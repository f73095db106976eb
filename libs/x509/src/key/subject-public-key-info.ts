import {
  DerError,
  DerReader,
  derNull,
  derOid,
  derSequence,
  oid,
  oidOfContent,
  readWellFormed,
  tag,
} from '../der/index.js';
import type { CurveName, KeyAlgorithmName } from './key-algorithm.js';

/** A parsed SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). The byte arrays share memory with what was parsed. */
export interface SubjectPublicKeyInfo {
  readonly der: Uint8Array;
  readonly algorithm: KeyAlgorithmName;
  /** The subjectPublicKey without its count of unused bits: what a key identifier is computed over. */
  readonly key: Uint8Array;
}

/** RSA's two numbers, unsigned big-endian without leading zeros. */
export interface RsaPublicKey {
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
}

interface KnownKey {
  readonly algorithm: KeyAlgorithmName;
  /** The whole AlgorithmIdentifier. */
  readonly identifier: Buffer;
  /** Octets of the key, for those that have just one size. */
  readonly size?: number;
}

const known: readonly KnownKey[] = [
  // RFC 5480 §2.1.1: a named curve, and nothing else. §2.2: 04, then both coordinates.
  ec('P-256', oid.secp256r1, 65),
  ec('P-384', oid.secp384r1, 97),
  ec('P-521', oid.secp521r1, 133),
  // RFC 3279 §2.3.1: the parameters are NULL, never absent.
  { algorithm: 'RSA', identifier: derSequence(derOid(oid.rsaEncryption), derNull()) },
  // RFC 8410 §3: the parameters are absent.
  { algorithm: 'Ed25519', identifier: derSequence(derOid(oid.ed25519)), size: 32 },
];

function ec(algorithm: CurveName, curve: string, size: number): KnownKey {
  return { algorithm, identifier: derSequence(derOid(oid.ecPublicKey), derOid(curve)), size };
}

/** The AlgorithmIdentifier of a key of this kind. */
export function keyAlgorithmIdentifier(algorithm: KeyAlgorithmName): Uint8Array {
  const row = known.find((candidate) => candidate.algorithm === algorithm);
  if (row === undefined) throw new TypeError(`unknown key algorithm ${algorithm}`);
  return row.identifier;
}

/**
 * Reads a SubjectPublicKeyInfo at the reader's position.
 *
 * Here the form is checked; whether the key is strong is for `checkKeyStrength`.
 *
 * @throws DerError for malformed bytes and for kinds of keys that are not certified
 */
export function readSubjectPublicKeyInfo(reader: DerReader): SubjectPublicKeyInfo {
  const from = reader.position;
  const outer = reader.enter(tag.sequence, 'the public key');
  const identifierFrom = reader.position;
  reader.read(tag.sequence, 'the public key algorithm');
  const row = knownKeyAt(reader.bytes, identifierFrom, reader.stop);
  if (row === undefined) throw unsupportedKey(reader.bytes.subarray(identifierFrom, reader.stop));
  reader.octetAlignedBitString('the public key');
  const { bytes, start, stop } = reader;
  reader.leave(outer, 'the public key');
  if (row.size !== undefined && (stop - start !== row.size || (row.size !== 32 && bytes[start] !== 0x04))) {
    throw wrongKeyForm(row, bytes.subarray(start, stop));
  }
  return {
    der: bytes.subarray(from, reader.position),
    algorithm: row.algorithm,
    key: bytes.subarray(start, stop),
  };
}

/** @throws DerError */
export function parseSubjectPublicKeyInfo(der: Uint8Array): SubjectPublicKeyInfo {
  const reader = new DerReader(der);
  const spki = readSubjectPublicKeyInfo(reader);
  reader.end('the public key');
  return spki;
}

/** RSAPublicKey (RFC 8017 §A.1.1). @throws DerError */
export function parseRsaPublicKey(key: Uint8Array): RsaPublicKey {
  const reader = new DerReader(key);
  const outer = reader.enter(tag.sequence, 'the RSA public key');
  const modulus = positiveInteger(reader, 'the RSA modulus');
  const exponent = positiveInteger(reader, 'the RSA public exponent');
  reader.leave(outer, 'the RSA public key');
  reader.end('the RSA public key');
  return { modulus, exponent };
}

function positiveInteger(reader: DerReader, what: string): Uint8Array {
  reader.integer(what);
  const { bytes, start, stop } = reader;
  const first = bytes[start] as number;
  if (first > 0x7f) throw new DerError(`${what} is negative`);
  if (first === 0 && stop - start === 1) throw new DerError(`${what} is zero`);
  return bytes.subarray(first === 0 ? start + 1 : start, stop);
}

function knownKeyAt(bytes: Uint8Array, start: number, stop: number): KnownKey | undefined {
  for (const row of known) {
    const { identifier } = row;
    if (identifier.length !== stop - start) continue;
    let i = identifier.length - 1;
    while (i >= 0 && identifier[i] === bytes[start + i]) i--;
    if (i < 0) return row;
  }
  return undefined;
}

function wrongKeyForm({ algorithm }: KnownKey, key: Uint8Array): DerError {
  const first = key[0];
  if (algorithm === 'Ed25519') return new DerError('an Ed25519 public key has 32 octets');
  if (key.length === 1 && first === 0) return new DerError('the public key is the point at infinity');
  if (first === 2 || first === 3) {
    return new DerError('the public key is a compressed EC point; send it uncompressed (RFC 5480 §2.2)');
  }
  return new DerError(`the public key is not an uncompressed ${algorithm} point (RFC 5480 §2.2)`);
}

/** Says what is wrong with an AlgorithmIdentifier that is none of the known. */
function unsupportedKey(identifier: Uint8Array): DerError {
  const reader = new DerReader(identifier);
  reader.enter(tag.sequence, 'the public key algorithm');
  reader.read(tag.objectIdentifier, 'the public key algorithm');
  const algorithm = oidOfContent(reader.bytes, reader.start, reader.stop);
  const parameters = reader.peek();
  const curveFrom = reader.position;
  readWellFormed(reader, 'the parameters of the public key');
  if (algorithm === oid.ecPublicKey) {
    if (parameters !== tag.objectIdentifier) {
      return new DerError('the EC public key does not name its curve (RFC 5480 §2.1.1)');
    }
    const curve = new DerReader(identifier, curveFrom);
    curve.read(tag.objectIdentifier, 'the curve');
    const name = oidOfContent(curve.bytes, curve.start, curve.stop);
    return new DerError(`the curve ${name} is not supported; use P-256, P-384 or P-521`);
  }
  if (algorithm === oid.rsaEncryption) {
    return new DerError('the parameters of an RSA public key must be NULL (RFC 3279 §2.3.1)');
  }
  if (algorithm === oid.ed25519) {
    return new DerError('an Ed25519 public key must not have parameters (RFC 8410 §3)');
  }
  return new DerError(
    `public keys of type ${algorithm} are not supported; use RSA, P-256, P-384, P-521 or Ed25519`,
  );
}
