import type { DriverFailure } from '../remote/kms-driver.js';

interface RestFailure {
  readonly status: number | undefined;
  readonly text: string;
}

/** https://learn.microsoft.com/azure/key-vault/general/common-error-codes */
export function azureFailure(error: unknown): DriverFailure {
  const { status, text } = restFailure(error);
  const message = `Azure Key Vault: ${text}`.slice(0, 500);
  const name = error instanceof Error ? error.name : '';
  if (name === 'CredentialUnavailableError') return { reason: 'not_configured', message };
  if (name === 'AuthenticationError' || name === 'AggregateAuthenticationError' || status === 401) {
    return { reason: 'permission_denied', message };
  }
  if (status === 403) {
    return { reason: /disabled/i.test(text) ? 'key_disabled' : 'permission_denied', message };
  }
  if (status === 404) return { reason: 'key_not_found', message };
  if (status === 409) return { reason: 'key_pending_destruction', message };
  if (status === 429) return { reason: 'throttled', message };
  return { reason: 'unreachable', message };
}

export function isStatus(error: unknown, status: number): boolean {
  return restFailure(error).status === status;
}

function restFailure(error: unknown): RestFailure {
  if (!(error instanceof Error)) return { status: undefined, text: String(error) };
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  return { status, text: error.message };
}
