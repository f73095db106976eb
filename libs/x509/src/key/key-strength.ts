import { checkEd25519Point } from './ed25519-point.js';
import { checkRsaStrength } from './rsa-strength.js';
import { parseRsaPublicKey, type SubjectPublicKeyInfo } from './subject-public-key-info.js';

/**
 * Refuses public keys whose private key can be found, or that are none.
 *
 * RSA: size, exponent, small factors, ROCA, close primes. Ed25519: points of small order. The points of the
 * NIST curves are checked on import: they have cofactor 1, so being on the curve is all.
 *
 * @throws KeyError
 * @throws DerError when an RSA key is malformed
 */
export function checkKeyStrength(spki: SubjectPublicKeyInfo): void {
  if (spki.algorithm === 'RSA') checkRsaStrength(parseRsaPublicKey(spki.key));
  else if (spki.algorithm === 'Ed25519') checkEd25519Point(spki.key);
}
