import type { Pool } from 'pg';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import { dayOf } from './days.js';

/**
 * Months ahead that have their partition. Birth certificates live a year, so thirteen are needed; the rest is
 * time to notice that this job does not run. Until then the default partition takes what comes.
 */
const monthsAhead = 15;
const intervalMs = 24 * 60 * 60 * 1000;
const retryMs = 60 * 1000;

/** Makes the partitions of the months to come, at the start and once a day, and knows the first of them. */
export class SerialPartitions {
  #firstDay: string;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(
    private readonly parts: { readonly pool: Pool; readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#firstDay = dayOf(parts.clock.now());
  }

  /** The first day of the oldest partition, as YYYY-MM-DD; before it there is nothing to be found. */
  get firstDay(): string {
    return this.#firstDay;
  }

  async start(): Promise<void> {
    await this.ensure();
    this.#schedule(intervalMs);
  }

  async ensure(): Promise<void> {
    const { pool, clock } = this.parts;
    const now = new Date(clock.now()).toISOString();
    await pool.query('SELECT revocation.ensure_partitions($1, $2)', [now, monthsAhead]);
    const { rows } = await pool.query<{ month: string }>(
      `SELECT right(relname, 7) AS month FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'revocation.issued_serial'::regclass AND relname ~ '_[0-9]{4}_[0-9]{2}$'
        ORDER BY 1 LIMIT 1`,
    );
    if (rows[0]) this.#firstDay = `${rows[0].month.replace('_', '-')}-01`;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#again();
    }, ms).unref();
  }

  async #again(): Promise<void> {
    try {
      await this.ensure();
      this.#schedule(intervalMs);
    } catch (error) {
      this.parts.logger.warn({ err: error }, 'the partitions of the coming months could not be made');
      this.#schedule(retryMs);
    }
  }
}
