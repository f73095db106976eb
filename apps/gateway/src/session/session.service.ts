import { DomainError } from '#libs/errors';
import type { Identity, IdentityProviders } from '#libs/identity';
import type { Clock } from '#libs/service';
import { randomSecret, sha256 } from '#libs/x509';
import { refused } from '../auth/bearer.authenticator.js';
import type { OwnerPrincipal, VisitorPrincipal } from '../auth/principal.js';
import { secretIn } from './persons-token.js';
import type { PersonRow, SessionRepository } from './session.repository.js';

/** A browser's session ends after so long, whatever happens in it; milliseconds. */
export const browserSessionMs = 12 * 3_600_000;
/** A command line's, which its owner has approved in a browser. */
export const deviceSessionMs = 30 * 24 * 3_600_000;

const secretShape = /^[A-Za-z0-9_-]{43}$/;

export type SignedIn = OwnerPrincipal | VisitorPrincipal;

/** Sessions of people who have signed in. */
export class SessionService {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly identities: IdentityProviders,
    private readonly clock: Clock,
  ) {}

  /** @returns the secret of a new session, for the browser's cookie */
  async open(identity: Identity): Promise<string> {
    const personId = await this.sessions.know(identity);
    const secret = randomSecret();
    const now = this.clock.now();
    await this.sessions.open(personId, hashOf(secret), { now, expires: now + browserSessionMs });
    return secret;
  }

  /** Ends a session; one that is none has ended already. */
  async end(secret: string): Promise<void> {
    if (secretShape.test(secret)) await this.sessions.end(hashOf(secret));
  }

  /** @throws DomainError unauthorized for a session that has ended or never was */
  async bySecret(secret: string): Promise<SignedIn> {
    if (!secretShape.test(secret)) throw refused();
    const found = await this.sessions.byHash(hashOf(secret), this.clock.now());
    if (found === undefined) throw refused();
    return principalOf(found);
  }

  /**
   * Whom a bearer stands for that a person sends: a session's token, or an ID token of an issuer.
   *
   * @throws DomainError unauthorized, sign_in_refused; service_unavailable while the issuer is away
   */
  async byBearer(bearer: string): Promise<SignedIn> {
    const secret = secretIn(bearer);
    if (secret !== undefined) return this.bySecret(secret);
    const identity = await this.identities.verify(bearer).catch((error: unknown) => {
      // One answer for whatever is wrong with it.
      throw error instanceof DomainError && error.code === 'unauthorized' ? refused() : error;
    });
    const personId = await this.sessions.know(identity);
    const found = await this.sessions.byPerson(personId, this.clock.now());
    if (found === undefined) throw refused();
    return principalOf(found);
  }
}

export function hashOf(secret: string): Buffer {
  return sha256(Buffer.from(secret, 'latin1'));
}

function principalOf(row: PersonRow): SignedIn {
  const person = {
    id: row.person_id,
    issuer: row.issuer,
    subject: row.subject,
    email: row.email,
    name: row.name ?? undefined,
    wantedTier: row.wanted_tier ?? undefined,
    // An identity token has no session; its person stands for it.
    sessionId: row.session_id ?? row.person_id,
  };
  const { customer_id: customerId, handle, status, tier } = row;
  if (customerId === null || handle === null || status === null || tier === null) {
    return { kind: 'visitor', person };
  }
  return { kind: 'owner', person, customerId, handle, status, tier };
}
