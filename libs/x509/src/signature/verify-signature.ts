import { constants, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { importPublicKey } from '../key/import-key.js';
import { parseSubjectPublicKeyInfo, type SubjectPublicKeyInfo } from '../key/subject-public-key-info.js';
import { type SignatureAlgorithm, type SignatureScheme, signatureSchemes } from './signature-algorithm.js';

interface Signed {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether keys of this kind make signatures of this scheme. */
export function keyMakes(spki: SubjectPublicKeyInfo, scheme: SignatureScheme): boolean {
  const { algorithm } = spki;
  return scheme.keyType === (algorithm === 'RSA' || algorithm === 'Ed25519' ? algorithm : 'EC');
}

/**
 * Whether a signature is right; a malformed signature is a wrong one.
 *
 * @throws KeyError when the key itself cannot be used
 */
export function verifySignature(
  spki: SubjectPublicKeyInfo,
  scheme: SignatureScheme,
  signed: Signed,
): boolean {
  const key = importPublicKey(spki);
  try {
    return verify(scheme.hash, signed.message, verifierOf(key, scheme), signed.signature);
  } catch {
    // OpenSSL reports some malformed signatures as errors (a PSS salt that does not fit): wrong all the same.
    return false;
  }
}

/**
 * The same on one of libuv's threads, while the caller's own serves others: it costs this one a sixth of a P-256
 * verification, and the machine a tenth more.
 *
 * @throws KeyError when the key itself cannot be used
 */
export async function verifySignatureAside(
  spki: SubjectPublicKeyInfo,
  scheme: SignatureScheme,
  signed: Signed,
): Promise<boolean> {
  const key = importPublicKey(spki);
  return new Promise((resolve) => {
    const { message, signature } = signed;
    // As above: what OpenSSL reports as an error is a wrong signature.
    verify(scheme.hash, message, verifierOf(key, scheme), signature, (error, right) =>
      resolve(!error && right),
    );
  });
}

function verifierOf(key: KeyObject, { saltLength }: SignatureScheme): KeyObject | VerifyKeyObjectInput {
  if (saltLength === undefined) return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

/** Whether `signature` is `spkiDer`'s over `message`. False for a key of another kind. @throws DerError, KeyError */
export function signatureVerifies(
  spkiDer: Uint8Array,
  algorithm: SignatureAlgorithm,
  signed: Signed,
): boolean {
  const spki = parseSubjectPublicKeyInfo(spkiDer);
  const scheme = signatureSchemes[algorithm];
  return keyMakes(spki, scheme) && verifySignature(spki, scheme, signed);
}
