import { DomainError } from '#libs/errors';
import { formatKeyHome, parseKeyHome, signerFailureReason } from '#libs/kms';

/** Where a customer's keys are made, in its one form; null for the default. @throws DomainError bad_request */
export function readKeyHome(text: string): string | null {
  if (text === '') return null;
  try {
    return formatKeyHome(parseKeyHome(text));
  } catch (error) {
    if (!(error instanceof Error) || !signerFailureReason(error)) throw error;
    throw new DomainError('bad_request', error.message, { cause: error });
  }
}
