import { createRemoteJWKSet, type JWTVerifyGetKey, errors as jose } from 'jose';
import type { IdentityProviderConfig } from '#libs/config';
import { DomainError } from '#libs/errors';
import { sha256 } from '#libs/x509';
import { discover, IssuerError, type IssuerMetadata } from './discovery.js';
import { fetchJson } from './fetch-json.js';
import { IdTokenError, UnverifiedEmailError, verifyIdToken } from './id-token.js';
import type { Identity } from './identity.js';
import { newTicket, type SignInTicket } from './sign-in-ticket.js';

/** Metadata and keys are asked for again after so long, in milliseconds. */
const metadataHoldsMs = 3_600_000;
const keysHoldMs = 600_000;
/** An issuer that is away is not asked again sooner, nor for a key that it does not have. */
const restMs = 5_000;

interface Known {
  readonly metadata: IssuerMetadata;
  readonly keys: JWTVerifyGetKey;
}

/** One issuer: its metadata and keys, remembered, and what can be done with them. */
export class IdentityProvider {
  private known: Promise<Known> | undefined;
  private renewAt = 0;

  constructor(
    readonly config: IdentityProviderConfig,
    private readonly now: () => number,
  ) {}

  /**
   * @param nonce of the sign-in that the token belongs to
   * @throws DomainError unauthorized for a token that is refused, sign_in_refused for its person,
   *   service_unavailable while the issuer is away
   */
  async verify(token: string, nonce?: string): Promise<Identity> {
    const { keys } = await this.learn();
    const { issuer, clientId, audiences, algorithms } = this.config;
    const expected = { issuer, audiences: [clientId, ...audiences], algorithms, nonce, now: this.now() };
    try {
      return await verifyIdToken(token, keys, expected);
    } catch (error) {
      throw this.translate(error);
    }
  }

  /**
   * Where a browser goes to sign in (OpenID Connect Core 1.0 §3.1.2.1), and what it keeps meanwhile.
   *
   * @throws DomainError service_unavailable while the issuer is away
   */
  async begin(redirectUri: string, returnTo: string): Promise<{ url: string; ticket: SignInTicket }> {
    const { metadata } = await this.learn();
    if (metadata.authorizationEndpoint === undefined) throw this.away('it names no authorization endpoint');
    const ticket = newTicket(this.config.id, returnTo);
    const url = new URL(metadata.authorizationEndpoint);
    const challenge = Buffer.from(sha256(Buffer.from(ticket.codeVerifier))).toString('base64url');
    const parameters = {
      response_type: 'code',
      client_id: this.config.clientId,
      redirect_uri: redirectUri,
      scope: this.config.scope,
      state: ticket.state,
      nonce: ticket.nonce,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url: url.href, ticket };
  }

  /**
   * Redeems the code that a browser came back with (§3.1.3).
   *
   * @param answer the query of the redirect, its `state` already compared
   * @throws DomainError sign_in_failed, sign_in_refused, unauthorized, service_unavailable
   */
  async finish(
    answer: { readonly code: string; readonly iss: string | undefined },
    ticket: SignInTicket,
    redirectUri: string,
  ): Promise<Identity> {
    const { metadata } = await this.learn();
    const { issuer, clientId, clientSecret, name } = this.config;
    // RFC 9207 §2.4, against answers of another issuer.
    if (answer.iss === undefined ? metadata.namesItself : answer.iss !== issuer)
      throw new DomainError('sign_in_failed', 'The answer comes from another identity provider.');
    if (metadata.tokenEndpoint === undefined) throw this.away('it names no token endpoint');
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: answer.code,
      redirect_uri: redirectUri,
      code_verifier: ticket.codeVerifier,
    });
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    if (clientSecret !== undefined && !metadata.secretInForm) {
      headers.authorization = basicAuthorization(clientId, clientSecret);
    } else {
      form.set('client_id', clientId);
      if (clientSecret !== undefined) form.set('client_secret', clientSecret);
    }
    const request = { method: 'POST', headers, body: form.toString() };
    const { status, body } = await fetchJson(metadata.tokenEndpoint, request).catch((cause: unknown) => {
      throw this.away('its token endpoint does not answer', cause);
    });
    if (status >= 500) throw this.away(`its token endpoint answers ${status}`);
    if (status !== 200 || typeof body?.id_token !== 'string') {
      const why = typeof body?.error === 'string' ? ` (${body.error.slice(0, 100)})` : '';
      throw new DomainError('sign_in_failed', `${name} did not confirm the sign-in${why}. Try again.`);
    }
    return this.verify(body.id_token, ticket.nonce);
  }

  /** Metadata and keys; whoever asks while they are on their way shares them. */
  private learn(): Promise<Known> {
    const now = this.now();
    if (this.known !== undefined && now < this.renewAt) return this.known;
    const before = this.known;
    this.renewAt = now + metadataHoldsMs;
    this.known = this.fetch().catch((error: unknown) => {
      this.renewAt = this.now() + restMs;
      // What was good an hour ago is better than nobody signing in.
      if (before !== undefined) return before;
      throw this.translate(error);
    });
    // Nobody may be waiting when it fails.
    this.known.catch(() => undefined);
    return this.known;
  }

  private async fetch(): Promise<Known> {
    const metadata = await discover(this.config.issuer);
    const keys = createRemoteJWKSet(new URL(metadata.jwksUri), {
      cacheMaxAge: keysHoldMs,
      cooldownDuration: restMs,
    });
    return { metadata, keys };
  }

  private translate(error: unknown): unknown {
    if (error instanceof UnverifiedEmailError) return new DomainError('sign_in_refused', error.message);
    if (error instanceof IssuerError) return this.away(error.message, error);
    if (error instanceof IdTokenError || isTokenFault(error))
      return new DomainError('unauthorized', 'The identity token is not valid.', { cause: error });
    return error instanceof DomainError ? error : this.away('its keys could not be fetched', error);
  }

  private away(why: string, cause?: unknown): DomainError {
    const message = `The identity provider ${this.config.name} cannot be used: ${why}.`;
    return new DomainError('service_unavailable', message, { cause });
  }
}

/** What jose says of a token, against what it says of an issuer's keys. */
function isTokenFault(error: unknown): boolean {
  return (
    error instanceof jose.JWTExpired ||
    error instanceof jose.JWTClaimValidationFailed ||
    error instanceof jose.JWTInvalid ||
    error instanceof jose.JWSInvalid ||
    error instanceof jose.JWSSignatureVerificationFailed ||
    error instanceof jose.JOSEAlgNotAllowed ||
    error instanceof jose.JOSENotSupported ||
    error instanceof jose.JWKSNoMatchingKey ||
    error instanceof jose.JWKSMultipleMatchingKeys
  );
}

/** RFC 6749 §2.3.1: both halves are form-encoded first. */
function basicAuthorization(clientId: string, secret: string): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')}`;
}
