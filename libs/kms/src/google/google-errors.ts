import type { DriverFailure } from '../remote/kms-driver.js';
import type { SignerFailureReason } from '../signer-failure.js';

/** https://grpc.io/docs/guides/status-codes/ */
export const grpcStatus = {
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unauthenticated: 16,
} as const;

const reasons: Readonly<Record<number, SignerFailureReason>> = {
  [grpcStatus.notFound]: 'key_not_found',
  [grpcStatus.permissionDenied]: 'permission_denied',
  [grpcStatus.resourceExhausted]: 'throttled',
  [grpcStatus.unauthenticated]: 'permission_denied',
};

/** Also of a token that could not be had: impersonation is refused over HTTP. */
export function googleFailure(error: unknown): DriverFailure {
  const text = error instanceof Error ? error.message : String(error);
  const message = `Google KMS: ${text}`.slice(0, 500);
  const code = codeOf(error);
  if (code === grpcStatus.failedPrecondition) {
    return { reason: /DESTROY/.test(text) ? 'key_pending_destruction' : 'key_disabled', message };
  }
  if (code === grpcStatus.invalidArgument) {
    return { reason: /location/i.test(text) ? 'wrong_region' : 'key_mismatch', message };
  }
  if (code === 401 || code === 403) return { reason: 'permission_denied', message };
  if (/Could not load the default credentials/.test(text)) return { reason: 'not_configured', message };
  return { reason: reasons[code ?? -1] ?? 'unreachable', message };
}

export function isGrpc(error: unknown, code: number): boolean {
  return codeOf(error) === code;
}

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'number') return error.code;
  return 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}
