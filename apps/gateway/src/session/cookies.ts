/**
 * The prefix keeps cookies to this very host over https (RFC 6265bis §4.1.3.2): no other host of the domain can set
 * them. Browsers count a loopback address as safe, so they work there over http too.
 */
export const sessionCookie = '__Host-stackrunner';
export const signInCookie = '__Host-stackrunner-sign-in';

export interface CookieLife {
  /** In seconds; 0 removes the cookie. */
  readonly maxAge: number;
  /** `Strict` is sent by no link of another site; `Lax` by those that lead here, as an issuer's does. */
  readonly sameSite: 'Strict' | 'Lax';
}

export function setCookie(name: string, value: string, { maxAge, sameSite }: CookieLife): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; Secure; SameSite=${sameSite}`;
}

/** The value of a cookie; undefined without it, and when it is there twice. */
export function cookieIn(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}
