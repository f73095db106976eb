import { DomainError } from '#libs/errors';
import { monthEnd } from './month.js';

/** @param retrySeconds until as many certificates would fit, if nothing else comes */
export function rateLimited(limit: number, used: number, retrySeconds: number): DomainError {
  return new DomainError(
    'rate_limited',
    `At most ${limit} certificates in 60 seconds; ${used} were issued. Try again in ${retrySeconds} s.`,
    { details: { limit, used, retry_after: retrySeconds } },
  );
}

/** @param now epoch milliseconds */
export function quotaExceeded(limit: number, used: number, now: number): DomainError {
  const resetsAt = new Date(monthEnd(now)).toISOString().replace('.000Z', 'Z');
  return new DomainError(
    'quota_exceeded',
    `At most ${limit} certificates a calendar month (UTC); ${used} were issued.`,
    { details: { limit, used, resets_at: resetsAt } },
  );
}
