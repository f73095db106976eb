import type { FastifyRequest } from 'fastify';
import { DomainError } from '#libs/errors';
import { comesFrom } from '../credential/source-networks.js';
import { isPersonsToken } from '../session/persons-token.js';
import type { BearerAuthenticator } from './bearer.authenticator.js';
import { refused } from './bearer.authenticator.js';
import { bearerOf } from './bearer.js';
import type { OperatorAuthenticator } from './operator.authenticator.js';
import type { CustomerTier, Principal, PrincipalKind, TokenPrincipal } from './principal.js';

/** One way to show who is behind a request, beside tokens: a session's cookie, a client certificate. */
export interface RequestWitness {
  /** What kinds of principals it can tell. */
  readonly kinds: readonly PrincipalKind[];
  /**
   * @returns undefined when the request shows nothing of this kind
   * @throws DomainError unauthorized when what it shows is wrong
   */
  witness(request: FastifyRequest): Principal | undefined | Promise<Principal | undefined>;
}

/** Who may use a route. */
export interface Access {
  readonly kinds: readonly PrincipalKind[];
  /** Customers of other tiers find nothing at this path (specification 3, "What's NOT here on Free"). */
  readonly tier?: CustomerTier;
}

export interface RequestAuthenticatorParts {
  readonly operator: OperatorAuthenticator;
  readonly bearers: BearerAuthenticator;
  /** Told of every use of a scoped credential. */
  readonly uses: { note(credentialId: string): void };
  /** Asked in order, after the tokens. */
  readonly witnesses: readonly RequestWitness[];
}

/**
 * Finds out who is behind a request, and whether the route is for them. A token comes before a session, and a
 * session before a client certificate; who shows two is taken for the first that the route accepts.
 */
export class RequestAuthenticator {
  constructor(private readonly parts: RequestAuthenticatorParts) {}

  /**
   * @returns at once for a token that was seen lately
   * @throws DomainError unauthorized, also for a credential that is right but not for this customer's route: it
   *   learns no more than a wrong one
   * @throws DomainError bad_path for a customer whose tier does not have the route; operator_only for a customer's token
   *   at the operator's routes
   */
  authenticate(request: FastifyRequest, access: Access): Principal | Promise<Principal> {
    return this.byToken(request, access) ?? this.byWitness(request, access);
  }

  /** Without a promise for a token that was seen lately: issuing pays for it. */
  private byToken(request: FastifyRequest, access: Access): Principal | Promise<Principal> | undefined {
    const { kinds, tier } = access;
    const { authorization, 'x-mint-credential': scoped } = request.headers;
    if (authorization === undefined && scoped === undefined) return undefined;
    const bearer = bearerOf(authorization);
    if (scoped === undefined && bearer !== undefined && isPersonsToken(bearer)) return undefined;
    if (kinds.includes('operator') && this.parts.operator.knows(authorization)) return { kind: 'operator' };
    const token = tokenIn(authorization, scoped?.toString());
    if (kinds.every((kind) => kind === 'operator')) return this.refuse(token, request.ip);
    const takesTokens = kinds.includes('bearer') || kinds.includes('credential');
    if (!takesTokens && tier === undefined) throw refused();
    const principal = this.parts.bearers.authenticateToken(token);
    return principal instanceof Promise
      ? principal.then((found) => this.welcome(found, request, access))
      : this.welcome(principal, request, access);
  }

  private welcome(principal: TokenPrincipal, request: FastifyRequest, { kinds, tier }: Access): Principal {
    if (principal.kind === 'credential' && !comesFrom(principal.sourceNetworks, request.ip)) throw refused();
    // A customer who has no such route is told so with whatever credential: that is all there is to learn.
    checkTier(principal, tier);
    if (!kinds.includes(principal.kind)) throw refused();
    if (principal.kind === 'credential') this.parts.uses.note(principal.credentialId);
    return principal;
  }

  /**
   * Refuses whoever shows a token at the operator's door: operator_only for a customer's, which is known but not
   * enough; otherwise unauthorized, also while nobody can say whose it is.
   */
  private async refuse(token: string | undefined, address: string): Promise<never> {
    const principal = await this.whose(token);
    const isElsewhere = principal?.kind === 'credential' && !comesFrom(principal.sourceNetworks, address);
    if (principal === undefined || isElsewhere) throw refused();
    throw new DomainError('operator_only', "This takes the operator's token.");
  }

  private async whose(token: string | undefined): Promise<TokenPrincipal | undefined> {
    try {
      return await this.parts.bearers.authenticateToken(token);
    } catch {
      return undefined;
    }
  }

  private async byWitness(request: FastifyRequest, { kinds, tier }: Access): Promise<Principal> {
    for (const witness of this.parts.witnesses) {
      if (!witness.kinds.some((kind) => kinds.includes(kind))) continue;
      const principal = await witness.witness(request);
      if (principal === undefined) continue;
      if (!kinds.includes(principal.kind)) throw refused();
      checkTier(principal, tier);
      return principal;
    }
    throw refused();
  }
}

/** `Authorization: Bearer` or `X-Mint-Credential` (specification 2 §2); who sends both must mean one. */
function tokenIn(authorization: string | undefined, scoped: string | undefined): string | undefined {
  const bearer = bearerOf(authorization);
  if (scoped === undefined) return bearer;
  if (authorization === undefined) return scoped;
  return bearer === scoped ? scoped : undefined;
}

function checkTier(principal: Principal, tier: CustomerTier | undefined): void {
  if (tier === undefined || !('tier' in principal) || principal.tier === tier) return;
  throw new DomainError('bad_path', 'There is nothing at this path.');
}
