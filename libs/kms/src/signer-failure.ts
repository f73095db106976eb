import { DomainError } from '#libs/errors';

/** Why a signer refused; in the error's `details.reason`. */
export type SignerFailureReason =
  | 'bad_key_name'
  | 'key_conflict'
  | 'key_corrupt'
  | 'key_disabled'
  | 'key_not_found'
  | 'key_pending_destruction'
  | 'unreachable'
  | 'wrong_key_encryption_key';

/** The `signer_unavailable` error of one reason. */
export function signerFailure(reason: SignerFailureReason, message: string, cause?: unknown): DomainError {
  return new DomainError('signer_unavailable', message, { details: { reason }, cause });
}

/** The reason of a {@link signerFailure}; undefined for every other thrown value. */
export function signerFailureReason(thrown: unknown): string | undefined {
  if (!(thrown instanceof DomainError) || thrown.code !== 'signer_unavailable') return undefined;
  const reason = thrown.details.reason;
  return typeof reason === 'string' ? reason : undefined;
}
