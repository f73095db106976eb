import { DomainError } from '#libs/errors';
import type { Clock } from '#libs/service';
import { sha256Hex } from '#libs/x509';
import type { GatewayMetrics } from '../telemetry/gateway-metrics.js';
import { bearerOf, isBearer } from './bearer.js';
import type { BearerRepository } from './bearer.repository.js';
import type { BearerCache } from './bearer-cache.js';
import type { TokenPrincipal } from './principal.js';

interface Question {
  readonly resolve: (principal: TokenPrincipal | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Finds out whom an opaque token stands for, by its SHA-256 alone. Tokens that the cache does not know go to the
 * database together, one query at a time, so that a flood of wrong ones cannot occupy its connections.
 */
export class BearerAuthenticator {
  private questions = new Map<string, Question[]>();
  private asking = false;

  constructor(
    private readonly cache: BearerCache,
    private readonly bearers: BearerRepository,
    private readonly metrics: GatewayMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns at once when the cache knows
   * @throws DomainError unauthorized, for anything but a bearer that is known; storage_unavailable
   */
  authenticate(authorization: string | undefined): TokenPrincipal | Promise<TokenPrincipal> {
    return this.authenticateToken(bearerOf(authorization));
  }

  /** The same for a token that was in another header. */
  authenticateToken(bearer: string | undefined): TokenPrincipal | Promise<TokenPrincipal> {
    if (bearer === undefined || !isBearer(bearer)) throw refused();
    const hash = sha256Hex(Buffer.from(bearer, 'latin1'));
    const remembered = this.cache.get(hash);
    if (remembered === undefined) return this.lookUp(hash).then((found) => this.recognised(found));
    this.metrics.bearerLookedUp(remembered.principal === undefined ? 'unknown' : 'known');
    return this.recognised(remembered.principal);
  }

  /** What expired since it was read is as unknown as what never was. */
  private recognised(principal: TokenPrincipal | undefined): TokenPrincipal {
    if (principal === undefined) throw refused();
    if (principal.kind === 'credential' && principal.expiresAt !== undefined) {
      if (principal.expiresAt <= this.clock.now()) throw refused();
    }
    return principal;
  }

  private lookUp(hash: string): Promise<TokenPrincipal | undefined> {
    this.metrics.bearerLookedUp('database');
    return new Promise((resolve, reject) => {
      const asked = this.questions.get(hash);
      if (asked === undefined) this.questions.set(hash, [{ resolve, reject }]);
      else asked.push({ resolve, reject });
      void this.ask();
    });
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    // What else arrives within this turn of the event loop joins the first query.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.questions.size > 0) {
      const questions = this.questions;
      this.questions = new Map();
      await this.answer(questions);
    }
    this.asking = false;
  }

  private async answer(questions: ReadonlyMap<string, readonly Question[]>): Promise<void> {
    const { mark } = this.cache;
    try {
      const found = await this.bearers.find([...questions.keys()]);
      for (const [hash, asked] of questions) {
        const principal = found.get(hash);
        this.cache.put(hash, principal, mark);
        for (const { resolve } of asked) resolve(principal);
      }
    } catch (error) {
      for (const { reject } of [...questions.values()].flat()) reject(error);
    }
  }
}

/** One answer for all that is wrong with a token, so that it tells nothing of what there is. */
export function refused(): DomainError {
  return new DomainError('unauthorized', 'The bearer is missing or not recognised.');
}
