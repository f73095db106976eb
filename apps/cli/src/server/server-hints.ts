import type { ServerError } from '../cli-failure.js';

/** What a user can do about a refusal, where there is something to do. */
export function hintFor(error: ServerError, headers: Headers): string | undefined {
  switch (error.code) {
    case 'customer_exists':
      return 'See it with: stackrunner customer show HANDLE. A new bearer: stackrunner customer rotate-bearer HANDLE';
    case 'customer_not_active':
      return 'See why with: stackrunner customer show HANDLE';
    case 'rate_limited':
      return retryHint(headers);
    case 'quota_exceeded':
      return 'An operator raises it with: stackrunner customer set-limits HANDLE --per-month N';
    default:
      return undefined;
  }
}

/** Seconds to wait as the server asks for them (`Retry-After`, RFC 9110 §10.2.3), when it does. */
export function retryAfterSeconds(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

function retryHint(headers: Headers): string | undefined {
  const seconds = retryAfterSeconds(headers);
  return seconds === undefined ? undefined : `Try again in ${seconds} s.`;
}
