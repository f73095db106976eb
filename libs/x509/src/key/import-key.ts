import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { KeyError } from './key-error.js';
import { checkKeyStrength } from './key-strength.js';
import { Lru } from './lru.js';
import { parseRsaPublicKey, type SubjectPublicKeyInfo } from './subject-public-key-info.js';

/** Enough for the renewals of a fleet; about a kilobyte each. */
const cachedKeys = 2048;
/** A key that was met once is only remembered; met again, its key object is worth making and keeping. */
const cache = new Lru<KeyObject | 'met'>(cachedKeys);

/** What `verify` of node:crypto takes as a key. */
export type VerifyingKey = KeyObject | { readonly key: JsonWebKey; readonly format: 'jwk' };

/**
 * A public key to verify with, after its strength was checked. Most keys are met once: `verify` imports the JWK of
 * such a one itself, a tenth cheaper than by way of a key object, and throws when it is no key at all.
 *
 * @throws KeyError when the key is weak
 */
export function verifyingKey(spki: SubjectPublicKeyInfo): VerifyingKey {
  const id = latin1(spki.der);
  const known = cache.get(id);
  if (known === 'met') return importPublicKey(spki);
  if (known !== undefined) return known;
  checkKeyStrength(spki);
  cache.set(id, 'met');
  return { key: jwkOf(spki), format: 'jwk' };
}

/**
 * A key object for a public key, after its strength was checked; from a cache where it was seen before.
 *
 * @throws KeyError when the key is weak, or no key at all (a point off its curve)
 */
export function importPublicKey(spki: SubjectPublicKeyInfo): KeyObject {
  const id = latin1(spki.der);
  const known = cache.get(id);
  if (known !== undefined && known !== 'met') return known;
  checkKeyStrength(spki);
  const key = importKey(spki);
  cache.set(id, key);
  return key;
}

function importKey(spki: SubjectPublicKeyInfo): KeyObject {
  try {
    // JWK, not SPKI DER: the import of an EC key costs half, and the point is checked on the curve either way.
    return createPublicKey({ key: jwkOf(spki), format: 'jwk' });
  } catch (cause) {
    if (spki.algorithm === 'RSA' || spki.algorithm === 'Ed25519') {
      throw new KeyError(`the ${spki.algorithm} public key is invalid`, { cause });
    }
    throw new KeyError(`the public key is not a point on the curve ${spki.algorithm}`, { cause });
  }
}

/** RFC 7517, 7518 §6.2 and §6.3, 8037 §2. */
function jwkOf({ algorithm, key }: SubjectPublicKeyInfo): JsonWebKey {
  if (algorithm === 'RSA') {
    const { modulus, exponent } = parseRsaPublicKey(key);
    return { kty: 'RSA', n: base64Url(modulus), e: base64Url(exponent) };
  }
  if (algorithm === 'Ed25519') return { kty: 'OKP', crv: 'Ed25519', x: base64Url(key) };
  const size = (key.length - 1) / 2;
  return {
    kty: 'EC',
    crv: algorithm,
    x: base64Url(key.subarray(1, 1 + size)),
    y: base64Url(key.subarray(1 + size)),
  };
}

function base64Url(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64url');
}

function latin1(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('latin1');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
