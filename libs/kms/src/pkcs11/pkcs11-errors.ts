import pkcs11 from 'pkcs11js';
import type { DriverFailure } from '../remote/kms-driver.js';
import type { SignerFailureReason } from '../signer-failure.js';

/** PKCS#11 v2.40 §5.1; everything else is taken as an outage, and tried again. */
const reasons = new Map<number, SignerFailureReason>([
  [pkcs11.CKR_KEY_HANDLE_INVALID, 'key_not_found'],
  [pkcs11.CKR_OBJECT_HANDLE_INVALID, 'key_not_found'],
  [pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED, 'key_disabled'],
  [pkcs11.CKR_PIN_INCORRECT, 'permission_denied'],
  [pkcs11.CKR_PIN_EXPIRED, 'permission_denied'],
  [pkcs11.CKR_PIN_LOCKED, 'permission_denied'],
  [pkcs11.CKR_USER_NOT_LOGGED_IN, 'permission_denied'],
  [pkcs11.CKR_SESSION_READ_ONLY, 'permission_denied'],
  [pkcs11.CKR_TOKEN_WRITE_PROTECTED, 'permission_denied'],
  [pkcs11.CKR_SESSION_COUNT, 'throttled'],
  [pkcs11.CKR_DEVICE_MEMORY, 'throttled'],
]);

export function isPkcs11(error: unknown, code: number): boolean {
  return codeOf(error) === code;
}

export function pkcs11Failure(error: unknown): DriverFailure {
  const message = `PKCS#11: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500);
  return { reason: reasons.get(codeOf(error) ?? -1) ?? 'unreachable', message };
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}
