/** What the gateway refused, in its one envelope. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface Envelope {
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

/**
 * One request to the gateway, with the session's cookie.
 *
 * @throws ApiError with the gateway's own code and words; with status 0 when it does not answer
 */
export async function ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
  const init: RequestInit = {
    method,
    credentials: 'same-origin',
    redirect: 'error',
    headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  };
  const response = await fetch(path, init).catch(() => {
    throw new ApiError(0, 'unreachable', 'The server does not answer. Check your connection and try again.');
  });
  const value: unknown = await response.json().catch(() => undefined);
  if (response.ok) return value as T;
  const { error } = (value ?? {}) as Envelope;
  const code = typeof error?.code === 'string' ? error.code : 'unknown';
  const message =
    typeof error?.message === 'string' ? error.message : `The server answered ${response.status}.`;
  throw new ApiError(response.status, code, message);
}
