import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '#libs/errors';
import { type IdentityProviders, readTicket, writeTicket } from '#libs/identity';
import type { Logger } from '#libs/observability';
import { bearerOf } from '../auth/bearer.js';
import type { PublicUrls } from '../http/public-urls.js';
import { cookieIn, sessionCookie, setCookie, signInCookie } from '../session/cookies.js';
import { secretIn } from '../session/persons-token.js';
import { browserSessionMs, type SessionService } from '../session/session.service.js';

/** A person has so long to sign in with its issuer, in seconds. */
const ticketSeconds = 600;
/** Where a sign-in ends that asked for no other place. */
const home = '/dashboard';

export interface SignInServiceParts {
  readonly identities: IdentityProviders;
  readonly sessions: SessionService;
  readonly urls: PublicUrls;
  readonly logger: Logger;
}

/** Where the browser goes next, and the cookies that it takes along. */
export interface Departure {
  readonly location: string;
  readonly cookies: readonly string[];
}

/** Sign-in with a browser: the authorization code flow with PKCE, and a session's cookie at its end. */
export class SignInService {
  constructor(private readonly parts: SignInServiceParts) {}

  get providers(): { providers: { id: string; name: string; url: string }[] } {
    const { identities } = this.parts;
    return {
      providers: identities.forBrowsers.map(({ id, name }) => ({ id, name, url: `/v1/sign-in/${id}` })),
    };
  }

  /** @throws DomainError bad_path, service_unavailable */
  async begin(id: string, returnTo: string | undefined, host: string | undefined): Promise<Departure> {
    const elsewhere = this.canonical(id, returnTo, host);
    if (elsewhere !== undefined) return { location: elsewhere, cookies: [] };
    const { url, ticket } = await this.parts.identities.begin(id, this.redirectUri, returnTo ?? home);
    const life = { maxAge: ticketSeconds, sameSite: 'Lax' } as const;
    return { location: url, cookies: [setCookie(signInCookie, writeTicket(ticket), life)] };
  }

  /**
   * What the issuer sends the browser back with becomes a session. A refusal leads to the sign-in page, which says
   * why: nobody shall look at JSON.
   */
  async finish(query: Readonly<Record<string, unknown>>, cookie: string | undefined): Promise<Departure> {
    const { identities, sessions, logger } = this.parts;
    const used = setCookie(signInCookie, '', { maxAge: 0, sameSite: 'Lax' });
    const ticket = readTicket(cookieIn(cookie, signInCookie));
    const answer = {
      state: textIn(query, 'state'),
      code: textIn(query, 'code'),
      error: textIn(query, 'error'),
      iss: textIn(query, 'iss'),
    };
    try {
      const identity = await identities.finish(answer, ticket, this.redirectUri);
      const before = cookieIn(cookie, sessionCookie);
      if (before !== undefined) await sessions.end(before);
      const life = { maxAge: browserSessionMs / 1_000, sameSite: 'Strict' } as const;
      const session = setCookie(sessionCookie, await sessions.open(identity), life);
      return { location: ticket?.returnTo ?? home, cookies: [used, session] };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      logger.info({ code: error.code, err: error.cause ?? error }, 'sign-in refused');
      const why = error.code === 'unauthorized' ? 'sign_in_failed' : error.code;
      return { location: `${home}/sign-in?refused=${why}`, cookies: [used] };
    }
  }

  /** Ends the session with which this request came. @returns what removes a browser's cookie */
  async signOut({ authorization, cookie }: IncomingHttpHeaders): Promise<string> {
    const secret = secretIn(bearerOf(authorization) ?? '') ?? cookieIn(cookie, sessionCookie);
    if (secret !== undefined) await this.parts.sessions.end(secret);
    return setCookie(sessionCookie, '', { maxAge: 0, sameSite: 'Strict' });
  }

  private get redirectUri(): string {
    return `${this.parts.urls.base}/v1/sign-in/callback`;
  }

  /** The issuer sends browsers back to one host; a cookie that another one set would not be there. */
  private canonical(id: string, returnTo: string | undefined, host: string | undefined): string | undefined {
    const { base } = this.parts.urls;
    if (host === new URL(base).host) return undefined;
    const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
    // Behind a proxy that hides the Host, everything arrives under another name, and one hop must be enough.
    return isLoopback(host) && isLoopback(new URL(base).host)
      ? `${base}/v1/sign-in/${encodeURIComponent(id)}${query}`
      : undefined;
  }
}

function isLoopback(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host ?? '');
}

function textIn(query: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'string' && value !== '' && value.length <= 4_096 ? value : undefined;
}
