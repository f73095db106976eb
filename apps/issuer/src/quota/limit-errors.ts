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

/** Limits that never reset (specification 3, "Quota"). */
export function lifetimeExceeded(limit: number, used: number, perTtl: boolean): DomainError {
  const what = perTtl ? 'certificates of this lifetime' : 'certificates';
  return new DomainError('quota_exceeded', `At most ${limit} ${what} are included; ${used} were issued.`, {
    details: { limit, used },
  });
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
