import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type CaKeyAlgorithm, caSignatureAlgorithms } from '../signer.js';
import { signerFailure } from '../signer-failure.js';

/** A public key as signatures are verified with it. */
export interface KnownKey {
  readonly spki: Uint8Array;
  readonly publicKey: KeyObject;
  readonly algorithm: CaKeyAlgorithm;
  readonly hash: 'sha256' | 'sha384';
}

const curves: Readonly<Record<string, CaKeyAlgorithm>> = { prime256v1: 'P-256', secp384r1: 'P-384' };
const moduli: Readonly<Record<number, CaKeyAlgorithm>> = {
  2048: 'RSA-2048',
  3072: 'RSA-3072',
  4096: 'RSA-4096',
};

/** @throws signer_unavailable `key_mismatch` when it is no key that a CA may have */
export function knownKey(spki: Uint8Array): KnownKey {
  const publicKey = publicKeyOf(spki);
  const { namedCurve = '', modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {};
  const algorithm = curves[namedCurve] ?? moduli[modulusLength];
  if (!algorithm) throw signerFailure('key_mismatch', 'The key is of a kind that signs no certificates.');
  const hash = caSignatureAlgorithms[algorithm] === 'ecdsa-sha384' ? 'sha384' : 'sha256';
  return { spki, publicKey, algorithm, hash };
}

function publicKeyOf(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw signerFailure('key_mismatch', 'The backend gave something that is no public key.', cause);
  }
}

export function digestOf({ hash }: KnownKey, message: Uint8Array): Uint8Array {
  return createHash(hash).update(message).digest();
}

/** On one of libuv's threads: a list's answer would hold up everybody for as long as all its verifications take. */
export function verifies(
  { hash, publicKey }: KnownKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve) => {
    // What OpenSSL reports as an error is a wrong signature too.
    verify(hash, message, publicKey, signature, (error, right) => resolve(!error && right));
  });
}
