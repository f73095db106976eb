import { DomainError } from '#libs/errors';

/** Why a signer refused; in the error's `details.reason`. */
export const signerFailureReasons = [
  'bad_key_home',
  'bad_key_name',
  'key_conflict',
  'key_corrupt',
  'key_disabled',
  'key_mismatch',
  'key_not_found',
  'key_pending_destruction',
  'not_configured',
  'permission_denied',
  'throttled',
  'unreachable',
  'unsupported',
  'wrong_key_encryption_key',
  'wrong_region',
  'wrong_signature',
] as const;
export type SignerFailureReason = (typeof signerFailureReasons)[number];

/** The `signer_unavailable` error of one reason. */
export function signerFailure(reason: SignerFailureReason, message: string, cause?: unknown): DomainError {
  return new DomainError('signer_unavailable', message, { details: { reason }, cause });
}

/** The reason of a {@link signerFailure}; undefined for every other thrown value. */
export function signerFailureReason(thrown: unknown): SignerFailureReason | undefined {
  if (!(thrown instanceof DomainError) || thrown.code !== 'signer_unavailable') return undefined;
  return signerFailureReasons.find((reason) => reason === thrown.details.reason);
}
