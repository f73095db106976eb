import type { Pool, PoolClient } from 'pg';
import type { ServiceName } from '#libs/config';
import { type Counter, counter, gauge, type Logger, type Registry } from '#libs/observability';
import type { EventBus } from '#libs/rpc';

export interface OutboxRelayOptions {
  readonly pool: Pool;
  readonly service: ServiceName;
  readonly events: EventBus;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Milliseconds between two looks when nothing wakes the relay. Default 1000. */
  readonly pollMs?: number;
  /** Events of one round. Default 100. */
  readonly batchSize?: number;
}

interface OutboxRow {
  readonly id: string;
  readonly type: string;
  readonly payload: Buffer;
}

/** The id by which the bus and its followers recognise what stands in a row of a service's outbox. */
export function outboxEventId(service: ServiceName, row: string): string {
  return `${service}-${row}`;
}

/** Longest pause after rounds that failed, in milliseconds. */
const longestPauseMs = 10_000;

/**
 * Publishes what stands in a service's outbox, oldest first, and removes it once the event bus took it.
 *
 * Delivery is at least once: after a crash between the two, the event is published again under the same id
 * (`<service>-<row>`), by which the bus and its followers recognise it. Replicas share the work: each takes
 * rows that no other holds. Events of different rounds may overtake each other; projections keep the highest
 * version.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #published: Counter;
  #running: Promise<void> | undefined;
  #stopping = false;
  #wanted = false;
  #interrupt: () => void = () => undefined;
  #failures = 0;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    const registry = options.metrics;
    gauge({
      registry,
      name: 'outbox_lag_seconds',
      help: 'Age of the oldest event that is not published yet; 0 when there is none, NaN while it cannot be read.',
      collect: async (metric) => {
        // A database that is away must not take the other metrics with it, nor leave a value that looks true.
        metric.set(await this.lagSeconds().catch(() => Number.NaN));
      },
    });
    this.#published = counter({
      registry,
      name: 'outbox_published_total',
      help: 'Events that the event bus took from the outbox.',
    });
  }

  /** Age in seconds of the oldest event that is not published yet; 0 when there is none. */
  async lagSeconds(): Promise<number> {
    const { rows } = await this.#options.pool.query<{ lag: number }>(
      `SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 AS lag
         FROM ${this.#options.service}.outbox ORDER BY id LIMIT 1`,
    );
    return Math.max(0, rows[0]?.lag ?? 0);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks now: call it after a transaction with an event has committed. Costs nothing when busy. */
  wake(): void {
    this.#wanted = true;
    this.#interrupt();
  }

  /** Publishes what is there, and ends; what cannot be published now stays for the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#interrupt();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      this.#wanted = false;
      const last = this.#stopping;
      const more = await this.#round();
      if (more) continue;
      if (last) return;
      if (!this.#wanted || this.#failures > 0) await this.#pause();
    }
  }

  /** Waits for a call of wake, for stop, or for the next poll; longer after failures. */
  #pause(): Promise<void> {
    if (this.#stopping) return Promise.resolve();
    const pollMs = this.#options.pollMs ?? 1_000;
    const pauseMs = Math.min(pollMs * 2 ** Math.min(this.#failures, 10), Math.max(longestPauseMs, pollMs));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      this.#interrupt = () => {
        // A bus or a database that fails is left alone until the pause is over, however often it is woken.
        if (this.#failures > 0 && !this.#stopping) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One transaction: take, publish, remove. Returns whether there may be more. */
  async #round(): Promise<boolean> {
    const batchSize = this.#options.batchSize ?? 100;
    try {
      const { taken, published } = await this.#inTransaction((client) =>
        this.#publishSome(client, batchSize),
      );
      this.#failures = taken === published ? 0 : this.#failures + 1;
      return taken === published && taken === batchSize;
    } catch (error) {
      this.#failures++;
      this.#complain(error);
      return false;
    }
  }

  async #publishSome(client: PoolClient, batchSize: number): Promise<{ taken: number; published: number }> {
    const { service, events } = this.#options;
    const { rows } = await client.query<OutboxRow>(
      `SELECT id, type, payload FROM ${service}.outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [batchSize],
    );
    if (rows.length === 0) return { taken: 0, published: 0 };
    const outcomes = await Promise.allSettled(
      rows.map(({ id, type, payload }) => events.publish(type, payload, outboxEventId(service, id))),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) this.#complain(failed.reason);
    const done = rows.filter((_, index) => outcomes[index]?.status === 'fulfilled').map(({ id }) => id);
    const text = `DELETE FROM ${service}.outbox WHERE id = ANY($1::bigint[])`;
    if (done.length > 0) await client.query(text, [done]);
    this.#published.inc(done.length);
    return { taken: rows.length, published: done.length };
  }

  async #inTransaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#options.pool.connect();
    let broken = false;
    try {
      // The transaction is idle while the bus works; that may take longer than a request's ever should.
      await client.query("BEGIN; SET LOCAL idle_in_transaction_session_timeout = '60s'");
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {
        broken = true;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Once when trouble begins, and then every hundredth time. */
  #complain(error: unknown): void {
    if (this.#failures % 100 > 1) return;
    this.#options.logger.warn({ err: error }, 'events wait in the outbox: publishing failed');
  }
}
