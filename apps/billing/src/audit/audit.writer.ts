import { isUnavailable } from '#libs/database';
import type { AuditMetrics } from './audit.metrics.js';
import type { AuditDelivery, AuditRepository } from './audit.repository.js';

/** Entries of one transaction: enough to make its fixed cost vanish, few enough to be quick. */
const mostEntries = 2_000;

interface Waiting {
  readonly delivery: AuditDelivery;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Appends what events tell. One transaction runs at a time; what arrives meanwhile goes into the next one, so
 * the busier it is, the cheaper an entry becomes.
 */
export class AuditWriter {
  readonly #waiting: Waiting[] = [];
  #writing = false;

  constructor(
    private readonly trail: Pick<AuditRepository, 'append'>,
    private readonly metrics: AuditMetrics,
  ) {}

  /** Resolves when the entries of one event are durable. */
  write(delivery: AuditDelivery): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ delivery, done, failed });
      if (!this.#writing) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      // Events that arrive in the same turn share the first transaction already.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#write(this.#next());
    }
    this.#writing = false;
  }

  #next(): Waiting[] {
    let events = 0;
    let entries = 0;
    for (const { delivery } of this.#waiting) {
      if (events > 0 && entries + delivery.entries.length > mostEntries) break;
      events += 1;
      entries += delivery.entries.length;
    }
    return this.#waiting.splice(0, events);
  }

  /** Never rejects: each event learns its own outcome. */
  async #write(events: readonly Waiting[]): Promise<void> {
    try {
      this.metrics.appended.inc(await this.trail.append(events.map(({ delivery }) => delivery)));
    } catch (error) {
      // One event that cannot be recorded must not hold up those that came with it.
      if (events.length > 1 && !isUnavailable(error)) {
        for (const event of events) await this.#write([event]);
        return;
      }
      for (const event of events) event.failed(error);
      return;
    }
    for (const event of events) event.done();
  }
}
