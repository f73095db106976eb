import { DomainError } from '#libs/errors';
import { sha256Hex } from '#libs/x509';
import type { GatewayMetrics } from '../telemetry/gateway-metrics.js';
import { bearerOf, isBearer } from './bearer.js';
import type { BearerRepository } from './bearer.repository.js';
import type { BearerCache } from './bearer-cache.js';
import type { Principal } from './principal.js';

interface Question {
  readonly resolve: (principal: Principal | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Finds out whom a bearer stands for, by its SHA-256 alone. Bearers that the cache does not know go to the
 * database together, one query at a time, so that a flood of wrong ones cannot occupy its connections.
 */
export class BearerAuthenticator {
  private questions = new Map<string, Question[]>();
  private asking = false;

  constructor(
    private readonly cache: BearerCache,
    private readonly bearers: BearerRepository,
    private readonly metrics: GatewayMetrics,
  ) {}

  /**
   * @returns at once when the cache knows
   * @throws DomainError unauthorized, for anything but a bearer that is known; storage_unavailable
   */
  authenticate(authorization: string | undefined): Principal | Promise<Principal> {
    const bearer = bearerOf(authorization);
    if (bearer === undefined || !isBearer(bearer)) throw refused();
    const hash = sha256Hex(Buffer.from(bearer, 'latin1'));
    const remembered = this.cache.get(hash);
    if (remembered === undefined) return this.lookUp(hash).then(recognised);
    this.metrics.bearerLookedUp(remembered.principal === undefined ? 'unknown' : 'known');
    return recognised(remembered.principal);
  }

  private lookUp(hash: string): Promise<Principal | undefined> {
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

function recognised(principal: Principal | undefined): Principal {
  if (principal === undefined) throw refused();
  return principal;
}

function refused(): DomainError {
  return new DomainError('unauthorized', 'The bearer is missing or not recognised.');
}
