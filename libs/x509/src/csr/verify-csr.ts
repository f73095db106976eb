import { DerError } from '../der/index.js';
import { isOnEd25519 } from '../key/ed25519-point.js';
import { KeyError } from '../key/key-error.js';
import { keyMakes, verifySignature } from '../signature/verify-signature.js';
import type { CertificationRequest } from './certification-request.js';
import { CsrError } from './csr-error.js';

/**
 * Proof of possession (RFC 2986 §3): the request is signed by the key that it is about, and the key is strong.
 *
 * @throws CsrError
 */
export function verifyCsr(csr: CertificationRequest): void {
  const { spki, signatureScheme } = csr;
  if (!keyMakes(spki, signatureScheme)) {
    throw new CsrError(
      `the signature algorithm ${signatureScheme.name} does not fit the ${spki.algorithm} key`,
    );
  }
  if (!verified(csr)) {
    throw new CsrError(
      spki.algorithm === 'Ed25519' && !isOnEd25519(spki.key)
        ? 'the Ed25519 public key is not a point on its curve'
        : 'the signature is wrong: the request was changed, or signed with another key than the one in it',
    );
  }
}

function verified({ spki, signatureScheme, tbs, signature }: CertificationRequest): boolean {
  try {
    return verifySignature(spki, signatureScheme, { message: tbs, signature });
  } catch (error) {
    if (error instanceof KeyError || error instanceof DerError)
      throw new CsrError(error.message, { cause: error });
    throw error;
  }
}
