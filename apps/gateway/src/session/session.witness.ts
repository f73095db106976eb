import type { FastifyRequest } from 'fastify';
import { bearerOf } from '../auth/bearer.js';
import type { PrincipalKind } from '../auth/principal.js';
import type { RequestWitness } from '../auth/request.authenticator.js';
import type { PublicUrls } from '../http/public-urls.js';
import { cookieIn, sessionCookie } from './cookies.js';
import { isPersonsToken } from './persons-token.js';
import { checkSameOrigin } from './same-origin.js';
import type { SessionService, SignedIn } from './session.service.js';

/** Knows people by the session's cookie, and by what a command line or another program sends as their bearer. */
export class SessionWitness implements RequestWitness {
  readonly kinds: readonly PrincipalKind[] = ['owner', 'visitor'];

  constructor(
    private readonly sessions: SessionService,
    private readonly urls: PublicUrls,
  ) {}

  async witness({ method, headers }: FastifyRequest): Promise<SignedIn | undefined> {
    const bearer = bearerOf(headers.authorization);
    if (bearer !== undefined) return isPersonsToken(bearer) ? this.sessions.byBearer(bearer) : undefined;
    const secret = cookieIn(headers.cookie, sessionCookie);
    if (secret === undefined) return undefined;
    // A bearer is sent on purpose; a cookie is sent by whatever page the browser is on.
    checkSameOrigin(method, headers, new URL(this.urls.base).origin);
    return this.sessions.bySecret(secret);
  }
}
