import { DerError } from '../der/index.js';
import { isOnEd25519 } from '../key/ed25519-point.js';
import { KeyError } from '../key/key-error.js';
import { keyMakes, verifySignature, verifySignatureAside } from '../signature/verify-signature.js';
import type { CertificationRequest } from './certification-request.js';
import { CsrError } from './csr-error.js';

/**
 * Proof of possession (RFC 2986 §3): the request is signed by the key that it is about, and the key is strong.
 *
 * @throws CsrError
 */
export function verifyCsr(csr: CertificationRequest): void {
  checkScheme(csr);
  const { spki, signatureScheme, tbs, signature } = csr;
  try {
    const right = verifySignature(spki, signatureScheme, { message: tbs, signature });
    if (!right) throw wrongSignature(csr);
  } catch (error) {
    throw asCsrError(error);
  }
}

/**
 * {@link verifyCsr} with the signature on one of libuv's threads, for a thread that many wait for.
 *
 * @throws CsrError
 */
export async function verifyCsrAside(csr: CertificationRequest): Promise<void> {
  checkScheme(csr);
  const { spki, signatureScheme, tbs, signature } = csr;
  try {
    const right = await verifySignatureAside(spki, signatureScheme, { message: tbs, signature });
    if (!right) throw wrongSignature(csr);
  } catch (error) {
    throw asCsrError(error);
  }
}

function checkScheme({ spki, signatureScheme }: CertificationRequest): void {
  if (!keyMakes(spki, signatureScheme)) {
    throw new CsrError(
      `the signature algorithm ${signatureScheme.name} does not fit the ${spki.algorithm} key`,
    );
  }
}

function wrongSignature({ spki }: CertificationRequest): CsrError {
  return new CsrError(
    spki.algorithm === 'Ed25519' && !isOnEd25519(spki.key)
      ? 'the Ed25519 public key is not a point on its curve'
      : 'the signature is wrong: the request was changed, or signed with another key than the one in it',
  );
}

function asCsrError(error: unknown): unknown {
  if (!(error instanceof KeyError || error instanceof DerError)) return error;
  return new CsrError(error.message, { cause: error });
}
