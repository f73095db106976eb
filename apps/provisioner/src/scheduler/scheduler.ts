import type { Pool } from 'pg';
import type { Logger } from '#libs/observability';
import { CeremonyLock } from '../ceremony/ceremony.lock.js';

/** Work that one replica at a time does over and over. */
export interface ScheduledJob {
  readonly name: string;
  /** Milliseconds between two runs. */
  readonly everyMs: number;
  /** @param signal asks for an early end, at a place where the next run goes on */
  run(signal: AbortSignal): Promise<unknown>;
}

export interface SchedulerParts {
  readonly lockPool: Pool;
  readonly logger: Logger;
  readonly jobs: readonly ScheduledJob[];
  /** Milliseconds between two looks. Default 1000. */
  readonly pollMs?: number;
}

/**
 * Runs jobs on one replica, the leader: whoever holds an advisory lock of PostgreSQL. A leader that dies loses its
 * connection and so the lock, and another replica takes over with its next look. Two leaders for a moment would do no
 * harm: what the jobs start is unique in the database.
 */
export class Scheduler {
  readonly #due = new Map<ScheduledJob, number>();
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #lock: CeremonyLock | undefined;

  constructor(private readonly parts: SchedulerParts) {}

  start(): void {
    const look = (): void => {
      this.#running ??= this.#look().finally(() => {
        this.#running = undefined;
      });
    };
    look();
    this.#timer = setInterval(look, this.parts.pollMs ?? 1_000);
  }

  /** Ends after what is under way of a job, and lets another replica lead. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#timer);
    await this.#running;
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async #look(): Promise<void> {
    const { jobs, logger } = this.parts;
    if (!(await this.#leads())) return;
    const { signal } = this.#stopping;
    for (const job of jobs) {
      if (signal.aborted) return;
      if ((this.#due.get(job) ?? 0) > performance.now()) continue;
      this.#due.set(job, performance.now() + job.everyMs);
      try {
        await job.run(signal);
      } catch (error) {
        logger.warn({ err: error, job: job.name }, 'scheduled work failed and is tried again');
      }
    }
  }

  async #leads(): Promise<boolean> {
    if (this.#lock && !(await this.#lock.isHeld())) {
      await this.#lock.release();
      this.#lock = undefined;
    }
    try {
      this.#lock ??= await CeremonyLock.take(this.parts.lockPool, 'scheduler');
    } catch (error) {
      this.parts.logger.warn({ err: error }, 'whether this replica leads cannot be told');
    }
    return this.#lock !== undefined;
  }
}
