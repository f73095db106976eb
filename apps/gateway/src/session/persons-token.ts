import { isCompactJwt } from '#libs/identity';

/** What a session's token looks like as a bearer: nobody takes it for a credential that mints. */
const prefix = 'session_';

/** A session's secret as a command line sends it. */
export function tokenOf(secret: string): string {
  return `${prefix}${secret}`;
}

/** The secret in such a token; undefined for any other bearer. */
export function secretIn(bearer: string): string | undefined {
  return bearer.startsWith(prefix) ? bearer.slice(prefix.length) : undefined;
}

/** Whether a bearer is a person's (a session's token, or an identity token), and so no credential that mints. */
export function isPersonsToken(bearer: string): boolean {
  return secretIn(bearer) !== undefined || isCompactJwt(bearer);
}
