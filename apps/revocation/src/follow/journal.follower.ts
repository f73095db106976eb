import type { Pool } from 'pg';
import { withEveryCustomer } from '#libs/database';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import type { JournalRepository } from '../journal/journal.repository.js';
import type { JournalEntry } from '../journal/journal-entry.js';
import type { FollowerMetrics } from './follower.metrics.js';

export interface JournalFollowerParts {
  readonly pool: Pool;
  readonly journal: Pick<JournalRepository, 'after'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: FollowerMetrics;
}

interface HeadRow {
  readonly customer_id: string;
  readonly sequence: string;
  readonly changed_at: Date;
}

/** Milliseconds between two looks: a revocation shows everywhere in less than a second, whatever else fails. */
const pollMs = 200;
/** A head that was changed before the last one seen may have become visible after it, in milliseconds. */
const overlapMs = 30_000;
const batch = 1_000;

/**
 * Reads the journal as it grows, on every replica, from PostgreSQL itself: an event bus that is down or late must not
 * let a revoked certificate look good.
 */
export class JournalFollower {
  readonly #parts: JournalFollowerParts;
  readonly #sequences = new Map<string, number>();
  readonly #listeners: ((entry: JournalEntry) => void)[] = [];
  #since = new Date(0);
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: JournalFollowerParts) {
    this.#parts = parts;
  }

  /** Hears of every entry from the start on, in order within a customer. */
  onEntry(listener: (entry: JournalEntry) => void): void {
    this.#listeners.push(listener);
  }

  /** What is in the journal already is in the tables that others read: nobody hears of it. */
  async start(): Promise<void> {
    for (const head of await this.#heads()) this.#sequences.set(head.customer_id, Number(head.sequence));
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Looks now: something was added. Resolves when what was durable before has been heard. */
  poke(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#running) {
      // The look under way may have begun too early; those who come meanwhile share the next one.
      this.#next ??= this.#running.then(() => {
        this.#next = undefined;
        return this.poke();
      });
      return this.#next;
    }
    clearTimeout(this.#timer);
    this.#running = this.#look().finally(() => {
      this.#running = undefined;
      this.#schedule();
    });
    return this.#running;
  }

  #schedule(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.poke(), pollMs).unref();
  }

  async #look(): Promise<void> {
    const { clock, metrics, logger } = this.#parts;
    try {
      const recordedAt = await this.#read();
      const now = clock.now();
      if (recordedAt !== undefined) metrics.lag.set(Math.max(0, now - recordedAt) / 1000);
      metrics.lastLook.set(now / 1000);
    } catch (error) {
      // The next look comes in a moment; while PostgreSQL is down nothing can be revoked either.
      logger.debug({ err: error }, 'the journal could not be read');
    }
  }

  /** When the oldest entry that was found was recorded, in Unix milliseconds. */
  async #read(): Promise<number | undefined> {
    let oldest: number | undefined;
    for (const { customer_id: customerId, sequence } of await this.#heads()) {
      for (let known = this.#sequences.get(customerId) ?? 0; known < Number(sequence); ) {
        const entries = await this.#parts.journal.after(customerId, known, batch);
        const last = entries.at(-1);
        if (!last) break;
        for (const entry of entries) {
          oldest = Math.min(oldest ?? entry.recordedAt, entry.recordedAt);
          for (const listener of this.#listeners) listener(entry);
        }
        known = last.sequence;
        this.#sequences.set(customerId, known);
      }
    }
    return oldest;
  }

  async #heads(): Promise<HeadRow[]> {
    const from = new Date(this.#since.getTime() - overlapMs);
    const rows = await withEveryCustomer(this.#parts.pool, async (client) => {
      const text =
        'SELECT customer_id, sequence, changed_at FROM revocation.journal_head WHERE changed_at > $1';
      return (await client.query<HeadRow>(text, [from])).rows;
    });
    for (const { changed_at } of rows) if (changed_at > this.#since) this.#since = changed_at;
    return rows;
  }
}
