import { z } from 'zod';
import type { DriverFailure } from '../remote/kms-driver.js';

/** An answer of Vault that is not a success. */
export class VaultError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'VaultError';
  }
}

const failure = z.object({ errors: z.array(z.string()).optional() });

export interface VaultCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** After `/v1/`. */
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** Vault's HTTP interface, which OpenBao shares (https://developer.hashicorp.com/vault/api-docs). */
export class VaultHttp {
  constructor(
    private readonly address: string,
    private readonly token: string,
  ) {}

  /** The parsed `data` of the answer; null when there is none. @throws VaultError */
  async call({ method, path, body, signal }: VaultCall): Promise<unknown> {
    const response = await fetch(`${this.address}/v1/${path}`, {
      method,
      headers: {
        'x-vault-token': this.token,
        // Refused by agents and proxies of Vault unless it is there, against forged requests.
        'x-vault-request': 'true',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal,
    });
    const text = await response.text();
    if (!response.ok) throw new VaultError(response.status, errorsIn(text) || `status ${response.status}`);
    return text === '' ? null : (JSON.parse(text) as { data?: unknown }).data;
  }
}

function errorsIn(text: string): string {
  try {
    return (failure.parse(JSON.parse(text)).errors ?? []).join('; ');
  } catch {
    return '';
  }
}

export function vaultFailure(error: unknown): DriverFailure {
  if (!(error instanceof VaultError)) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return {
      reason: 'unreachable',
      message: `Vault: ${cause instanceof Error ? cause.message : String(cause)}`,
    };
  }
  const message = `Vault: ${error.message}`.slice(0, 500);
  switch (error.status) {
    case 403:
      return { reason: 'permission_denied', message };
    case 404:
      return { reason: 'key_not_found', message };
    case 429:
      return { reason: 'throttled', message };
    case 400:
      if (/key not found/i.test(error.message)) return { reason: 'key_not_found', message };
      if (/minimum encryption key version/i.test(error.message)) return { reason: 'key_disabled', message };
      return { reason: 'key_mismatch', message };
    default:
      return { reason: 'unreachable', message };
  }
}
