import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { keyFromPoint } from './ec-point-key.js';
import { KeyError } from './key-error.js';
import { checkKeyStrength } from './key-strength.js';
import { Lru } from './lru.js';
import { RecentlySeen } from './recently-seen.js';
import { parseRsaPublicKey, type SubjectPublicKeyInfo } from './subject-public-key-info.js';

/** Enough for the renewals of a fleet; about a kilobyte each. */
const cachedKeys = 2048;
const cache = new Lru<KeyObject>(cachedKeys);
/**
 * Only keys that come again are kept. A key object that survives a while and is then dropped waits for the garbage
 * collector's rare great round, which frees thousands of them at 10 µs each while everything stands still.
 */
const seen = new RecentlySeen();

/**
 * A key object for a public key, after its strength was checked; from a cache where it was seen twice before.
 *
 * @throws KeyError when the key is weak, or no key at all (a point off its curve)
 */
export function importPublicKey(spki: SubjectPublicKeyInfo): KeyObject {
  const { der } = spki;
  if (!seen.add(der)) return checkedKey(spki);
  const id = latin1(der);
  const cached = cache.get(id);
  if (cached !== undefined) return cached;
  const key = checkedKey(spki);
  cache.set(id, key);
  return key;
}

function checkedKey(spki: SubjectPublicKeyInfo): KeyObject {
  checkKeyStrength(spki);
  return importKey(spki);
}

function importKey(spki: SubjectPublicKeyInfo): KeyObject {
  const { algorithm } = spki;
  try {
    if (algorithm === 'RSA' || algorithm === 'Ed25519' || keyFromPoint === undefined) {
      // JWK, not SPKI DER: the import costs half, and a point is checked on its curve either way.
      return createPublicKey({ key: jwkOf(spki), format: 'jwk' });
    }
    return keyFromPoint(algorithm, spki.key);
  } catch (cause) {
    if (algorithm === 'RSA' || algorithm === 'Ed25519') {
      throw new KeyError(`the ${algorithm} public key is invalid`, { cause });
    }
    throw new KeyError(`the public key is not a point on the curve ${algorithm}`, { cause });
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
