import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
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

/** Above every concurrency that signatures are allowed: none waits for a socket behind the queue's back. */
const sockets = { keepAlive: true, maxSockets: 1_024 };

/**
 * Vault's HTTP interface, which OpenBao shares (https://developer.hashicorp.com/vault/api-docs).
 *
 * Node's own requests, not `fetch`: a call takes less than half of the processor time so.
 */
export class VaultHttp {
  readonly #agent: HttpAgent;
  readonly #request: typeof requestHttp;

  constructor(
    private readonly address: string,
    private readonly token: string,
  ) {
    const tls = address.startsWith('https:');
    this.#agent = tls ? new HttpsAgent(sockets) : new HttpAgent(sockets);
    this.#request = tls ? requestHttps : requestHttp;
  }

  /** The parsed `data` of the answer; null when there is none. @throws VaultError */
  async call({ method, path, body, signal }: VaultCall): Promise<unknown> {
    const content = body === undefined ? undefined : JSON.stringify(body);
    const { status, text } = await this.#send({ method, path, content, signal });
    // A redirection is no success either: the token goes nowhere else.
    if (status < 200 || status > 299) throw new VaultError(status, errorsIn(text) || `status ${status}`);
    return text === '' ? null : (JSON.parse(text) as { data?: unknown }).data;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send({
    method,
    path,
    content,
    signal,
  }: Omit<VaultCall, 'body'> & { content: string | undefined }): Promise<{ status: number; text: string }> {
    const headers = {
      'x-vault-token': this.token,
      // Refused by agents and proxies of Vault unless it is there, against forged requests.
      'x-vault-request': 'true',
      ...(content !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(content),
      }),
    };
    return new Promise((resolve, reject) => {
      const options = { method, headers, signal, agent: this.#agent };
      const request = this.#request(`${this.address}/v1/${path}`, options, (answer) => {
        read(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
      });
      request.once('error', reject);
      request.end(content);
    });
  }
}

function read(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    answer.setEncoding('utf8');
    answer.on('data', (chunk: string) => {
      text += chunk;
    });
    answer.once('end', () => resolve(text));
    answer.once('error', reject);
  });
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
