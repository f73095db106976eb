import type { DriverFailure } from '../remote/kms-driver.js';
import type { SignerFailureReason } from '../signer-failure.js';

/** https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html and the errors of each action. */
const reasons: Readonly<Record<string, SignerFailureReason>> = {
  NotFoundException: 'key_not_found',
  DisabledException: 'key_disabled',
  InvalidArnException: 'wrong_region',
  AccessDenied: 'permission_denied',
  AccessDeniedException: 'permission_denied',
  ExpiredToken: 'permission_denied',
  ExpiredTokenException: 'permission_denied',
  IncompleteSignature: 'permission_denied',
  InvalidClientTokenId: 'permission_denied',
  InvalidGrantTokenException: 'permission_denied',
  NotAuthorized: 'permission_denied',
  SignatureDoesNotMatch: 'permission_denied',
  UnrecognizedClientException: 'permission_denied',
  CredentialsProviderError: 'permission_denied',
  LimitExceededException: 'throttled',
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
};

/** What an error of the SDK means; everything unknown is taken as an outage, and tried again. */
export function awsFailure(error: unknown): DriverFailure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const text = `AWS KMS: ${name}: ${message}`.slice(0, 500);
  if (name === 'KMSInvalidStateException') {
    return {
      reason: /pending deletion/i.test(message) ? 'key_pending_destruction' : 'key_disabled',
      message: text,
    };
  }
  if (/region is missing/i.test(message)) return { reason: 'not_configured', message: text };
  return { reason: reasons[name] ?? 'unreachable', message: text };
}

/** Whether an error is the SDK's exception of that name. */
export function isAws(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
