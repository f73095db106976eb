import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '#libs/errors';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what another site's page made a browser send with the session's cookie. SameSite=Strict keeps the cookie
 * from such requests already; this is the second door, and also stands against other ports of the same host.
 *
 * @throws DomainError cross_site
 */
export function checkSameOrigin(method: string, headers: IncomingHttpHeaders, publicOrigin: string): void {
  if (safeMethods.has(method)) return;
  const { origin, host, 'sec-fetch-site': site } = headers;
  const isOurs = origin !== undefined && (origin === publicOrigin || hostOf(origin) === host);
  if (isOurs && (site === undefined || site === 'same-origin')) return;
  throw new DomainError('cross_site', 'This request comes from a page of another site.');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
