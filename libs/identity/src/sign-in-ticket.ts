import { randomSecret } from '#libs/x509';

/**
 * What a browser keeps between leaving for its issuer and coming back. It lives in a cookie that only this origin
 * can set or read, so that a sign-in ends in the browser in which it began.
 */
export interface SignInTicket {
  /** Id of the provider: an answer of another issuer is refused (RFC 9700 §4.4). */
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636 §4.1. */
  readonly codeVerifier: string;
  /** Path below this origin. */
  readonly returnTo: string;
}

export function newTicket(provider: string, returnTo: string): SignInTicket {
  return {
    provider,
    state: randomSecret(),
    nonce: randomSecret(),
    codeVerifier: randomSecret(),
    returnTo: isLocalPath(returnTo) ? returnTo : '/',
  };
}

/** As a cookie's value. */
export function writeTicket(ticket: SignInTicket): string {
  return Buffer.from(JSON.stringify(ticket)).toString('base64url');
}

/** @returns undefined for anything that `writeTicket` has not written */
export function readTicket(text: string | undefined): SignInTicket | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text ?? '', 'base64url').toString());
    return isTicket(value) && isLocalPath(value.returnTo) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTicket(value: unknown): value is SignInTicket {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return ['provider', 'state', 'nonce', 'codeVerifier', 'returnTo'].every(
    (name) => typeof fields[name] === 'string' && fields[name] !== '',
  );
}

/** `//host` and `/\host` would leave this origin. */
function isLocalPath(path: string): boolean {
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path);
}
