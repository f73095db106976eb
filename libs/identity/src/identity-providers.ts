import { decodeJwt } from 'jose';
import type { IdentityProviderConfig } from '#libs/config';
import { DomainError } from '#libs/errors';
import { constantTimeEqual } from '#libs/x509';
import { AllowList } from './allow-list.js';
import { isCompactJwt } from './id-token.js';
import type { Identity } from './identity.js';
import { IdentityProvider } from './identity-provider.js';
import type { SignInTicket } from './sign-in-ticket.js';

export interface IdentityProvidersOptions {
  readonly providers: readonly IdentityProviderConfig[];
  /** E-mail addresses and `@domain`s, in lower case; empty for everyone. */
  readonly allow: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The query with which an issuer sends a browser back (RFC 6749 §4.1.2). */
export interface SignInAnswer {
  readonly state: string | undefined;
  readonly code: string | undefined;
  readonly error: string | undefined;
  readonly iss: string | undefined;
}

/** Every issuer that may vouch for people, and who of them may sign in. */
export class IdentityProviders {
  private readonly byId: ReadonlyMap<string, IdentityProvider>;
  private readonly byIssuer: ReadonlyMap<string, IdentityProvider>;
  private readonly allow: AllowList;

  constructor({ providers, allow, now }: IdentityProvidersOptions) {
    const all = providers.map((config) => new IdentityProvider(config, now));
    this.byId = new Map(all.map((provider) => [provider.config.id, provider]));
    this.byIssuer = new Map(all.map((provider) => [provider.config.issuer, provider]));
    this.allow = new AllowList(allow);
  }

  /** Those with which a browser can sign in, in the configured order. */
  get forBrowsers(): readonly Pick<IdentityProviderConfig, 'id' | 'name'>[] {
    return [...this.byId.values()]
      .filter(({ config }) => config.signIn)
      .map(({ config }) => ({ id: config.id, name: config.name }));
  }

  /**
   * Who an ID token stands for that came by itself, as a bearer.
   *
   * @throws DomainError unauthorized, sign_in_refused, service_unavailable
   */
  async verify(token: string): Promise<Identity> {
    const provider = this.byIssuer.get(issuerOf(token) ?? '');
    if (provider === undefined) throw new DomainError('unauthorized', 'The identity token is not valid.');
    return this.admit(await provider.verify(token));
  }

  /**
   * Begins a sign-in.
   *
   * @throws DomainError bad_path for a provider that is none; service_unavailable
   */
  begin(id: string, redirectUri: string, returnTo: string): Promise<{ url: string; ticket: SignInTicket }> {
    const provider = this.byId.get(id);
    if (!provider?.config.signIn) throw new DomainError('bad_path', 'There is no such identity provider.');
    return provider.begin(redirectUri, returnTo);
  }

  /**
   * Ends the sign-in that began with this ticket.
   *
   * @throws DomainError sign_in_failed, sign_in_refused, unauthorized, service_unavailable
   */
  async finish(
    answer: SignInAnswer,
    ticket: SignInTicket | undefined,
    redirectUri: string,
  ): Promise<Identity> {
    const provider = this.byId.get(ticket?.provider ?? '');
    if (ticket === undefined || provider === undefined || !sameText(answer.state, ticket.state)) {
      throw new DomainError(
        'sign_in_failed',
        'This sign-in did not begin in this browser, or took too long. Begin again.',
      );
    }
    if (answer.code === undefined) {
      const why = answer.error === undefined ? '' : ` (${answer.error.slice(0, 100)})`;
      throw new DomainError('sign_in_failed', `${provider.config.name} did not sign you in${why}.`);
    }
    return this.admit(await provider.finish({ code: answer.code, iss: answer.iss }, ticket, redirectUri));
  }

  private admit(identity: Identity): Identity {
    if (this.allow.admits(identity.email)) return identity;
    throw new DomainError('sign_in_refused', `${identity.email} is not among those who may sign in here.`);
  }
}

/** Only to choose whose keys to verify with; nothing of it is believed. */
function issuerOf(token: string): string | undefined {
  if (!isCompactJwt(token)) return undefined;
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function sameText(a: string | undefined, b: string): boolean {
  return a !== undefined && constantTimeEqual(Buffer.from(a), Buffer.from(b));
}
