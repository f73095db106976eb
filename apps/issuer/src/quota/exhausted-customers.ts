import type { Clock } from '#libs/service';
import { quotaExceeded, rateLimited } from './limit-errors.js';
import { monthEnd } from './month.js';

/** A refusal of the ledger that will be repeated for a while. */
export interface Exhaustion {
  readonly limit: number;
  readonly used: number;
  /** Certificates that did not fit: as many or more will not fit either. */
  readonly count: number;
  /** Seconds until they fit; undefined for the month's quota. */
  readonly retrySeconds: number | undefined;
}

interface Remembered extends Exhaustion {
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Longest that a refusal is repeated without asking the ledger, in milliseconds: limits may have been lifted. */
const rememberedMs = 1_000;
const mostCustomers = 10_000;

/**
 * Customers that the ledger has just refused. Their next requests are refused before anything is signed, so
 * that a client that does not wait costs little. Only the ledger decides who is refused first.
 */
export class ExhaustedCustomers {
  private readonly customers = new Map<string, Remembered>();

  constructor(private readonly clock: Clock) {}

  remember(customerId: string, exhaustion: Exhaustion): void {
    this.customers.set(customerId, { ...exhaustion, at: this.clock.now() });
    const [oldest] = this.customers.keys();
    if (oldest !== undefined && this.customers.size > mostCustomers) this.customers.delete(oldest);
  }

  forget(customerId: string): void {
    this.customers.delete(customerId);
  }

  /** @throws rate_limited or quota_exceeded when as many certificates do not fit */
  check(customerId: string, count: number): void {
    const known = this.customers.get(customerId);
    if (!known) return;
    const now = this.clock.now();
    const { limit, used, retrySeconds } = known;
    const fitsAt = retrySeconds === undefined ? monthEnd(known.at) : known.at + retrySeconds * 1000;
    if (now >= Math.min(fitsAt, known.at + rememberedMs)) {
      this.customers.delete(customerId);
    } else if (count >= known.count) {
      if (retrySeconds === undefined) throw quotaExceeded(limit, used, now);
      throw rateLimited(limit, used, Math.max(1, Math.ceil(retrySeconds - (now - known.at) / 1000)));
    }
  }
}
