import { DomainError } from '#libs/errors';

const hour = 3_600;
const day = 24 * hour;

/** The lifetimes of the Free tier in seconds: 1h, 1d, 7d, 14d, 30d (specification 3, "How you use it"). */
const freeTtls: ReadonlySet<number> = new Set([hour, day, 7 * day, 14 * day, 30 * day]);

/** @throws DomainError bad_ttl for a lifetime that only the Dev tier has */
export function checkFreeTtl(seconds: number): number {
  if (freeTtls.has(seconds)) return seconds;
  throw new DomainError('bad_ttl', 'The Free tier has the lifetimes 1h, 1d, 7d, 14d and 30d.');
}
