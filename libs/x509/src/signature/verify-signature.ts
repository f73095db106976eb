import { constants, verify } from 'node:crypto';
import { importPublicKey } from '../key/import-key.js';
import { parseSubjectPublicKeyInfo, type SubjectPublicKeyInfo } from '../key/subject-public-key-info.js';
import { type SignatureAlgorithm, type SignatureScheme, signatureSchemes } from './signature-algorithm.js';

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
  signed: { message: Uint8Array; signature: Uint8Array },
): boolean {
  const key = importPublicKey(spki);
  try {
    if (scheme.saltLength === undefined) return verify(scheme.hash, signed.message, key, signed.signature);
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const { saltLength } = scheme;
    return verify(scheme.hash, signed.message, { key, padding, saltLength }, signed.signature);
  } catch {
    // OpenSSL reports some malformed signatures as errors (a PSS salt that does not fit): wrong all the same.
    return false;
  }
}

/** Whether `signature` is `spkiDer`'s over `message`. False for a key of another kind. @throws DerError, KeyError */
export function signatureVerifies(
  spkiDer: Uint8Array,
  algorithm: SignatureAlgorithm,
  signed: { message: Uint8Array; signature: Uint8Array },
): boolean {
  const spki = parseSubjectPublicKeyInfo(spkiDer);
  const scheme = signatureSchemes[algorithm];
  return keyMakes(spki, scheme) && verifySignature(spki, scheme, signed);
}
