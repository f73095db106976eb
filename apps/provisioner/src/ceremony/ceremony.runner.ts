import type { Pool } from 'pg';
import type { TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import type { CeremonyRow } from './ceremony.entity.js';
import { CeremonyLock } from './ceremony.lock.js';
import type { CeremonyMetrics } from './ceremony.metrics.js';
import type { CeremonyName, CeremonyRepository } from './ceremony.repository.js';
import type { Advanced, CeremonyService } from './ceremony.service.js';

export interface CeremonyRunnerParts {
  readonly scope: TenantScope;
  readonly ceremonies: CeremonyRepository;
  readonly service: CeremonyService;
  /** Connections that only hold locks, one a running ceremony. */
  readonly lockPool: Pool;
  readonly relay: { wake(): void };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CeremonyMetrics;
  /** Milliseconds between two looks for ceremonies that nobody works on. Default 1000. */
  readonly pollMs?: number;
}

/** Ceremonies that one replica works on at the same time. */
export const concurrentCeremonies = 16;

const firstPauseMs = 250;
const longestPauseMs = 60_000;

/**
 * Takes up every unfinished ceremony: right after its customer was created, after a restart, and when another
 * replica died over it.
 *
 * Who works on a ceremony holds an advisory lock of PostgreSQL, which ends with its connection; a killed
 * process lets go at once. The lock saves double work, no more: what is recorded is right without it.
 */
export class CeremonyRunner {
  readonly #active = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #stopping = false;

  constructor(private readonly parts: CeremonyRunnerParts) {}

  start(): void {
    this.wake();
    this.#timer = setInterval(() => this.wake(), this.parts.pollMs ?? 1_000);
  }

  /** Looks for ceremonies that are due, now. */
  wake(): void {
    if (this.#stopping) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#again = false;
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#again) this.wake();
    });
  }

  /** Ends after the steps under way; ceremonies go on with the next start, here or elsewhere. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all(this.#active.values());
  }

  async #look(): Promise<void> {
    const { scope, ceremonies, clock, logger } = this.parts;
    if (this.#isFull()) return;
    try {
      // Some of these are in other hands, so more are read than can be taken up.
      const due = await scope.everyCustomer((manager) =>
        ceremonies.due(manager, new Date(clock.now()), concurrentCeremonies * 16),
      );
      for (const ceremony of due) {
        if (this.#isFull() || this.#stopping) return;
        if (!this.#active.has(ceremony.id)) await this.#takeUp(ceremony);
      }
    } catch (error) {
      logger.warn({ err: error }, 'ceremonies cannot be taken up');
    }
  }

  #isFull(): boolean {
    return this.#active.size >= concurrentCeremonies;
  }

  /** Begins to work on a ceremony, unless another replica does. */
  async #takeUp(name: CeremonyName): Promise<void> {
    const { id, customerId } = name;
    const lock = await CeremonyLock.take(this.parts.lockPool, id);
    if (!lock) return;
    const work = this.#run(name)
      .catch((error: unknown) => {
        this.parts.logger.warn({ err: error, customer_id: customerId }, 'a ceremony was interrupted');
      })
      .finally(() => lock.release())
      .then(() => {
        this.#active.delete(id);
        // There may be more than were read.
        this.wake();
      });
    this.#active.set(id, work);
  }

  async #run(name: CeremonyName): Promise<void> {
    const { service, clock, logger, metrics, relay } = this.parts;
    // Read again under the lock: another replica may have ended it, or failed and set a later time.
    let context = await service.begin(name);
    if (!context || context.ceremony.nextAttemptAt.getTime() > clock.now()) return;
    while (context && !this.#stopping) {
      const current: CeremonyRow = context.ceremony;
      const { customerId, kind, generation, step, startedAt } = current;
      let advanced: Advanced;
      try {
        advanced = await service.advance(context);
        metrics.stepDone(step);
      } catch (error) {
        metrics.stepFailed(step);
        logger.warn({ err: error, customer_id: customerId, step }, 'a step of a ceremony failed');
        await this.#postpone(current, error);
        return;
      }
      context = advanced.next;
      if (advanced.head === undefined || context) continue;
      relay.wake();
      if (kind === 'birth') metrics.finished((clock.now() - startedAt.getTime()) / 1_000);
      // The head of the transcript, in a place that the database does not reach.
      const about = { customer_id: customerId, kind, generation, transcript_head: advanced.head };
      logger.info(about, 'a ceremony has ended');
    }
  }

  async #postpone(ceremony: CeremonyRow, error: unknown): Promise<void> {
    const { scope, ceremonies, clock } = this.parts;
    const pause = Math.min(firstPauseMs * 2 ** Math.min(ceremony.failures, 16), longestPauseMs);
    const problem = error instanceof DomainError ? error.message : 'Something went wrong on our side.';
    await scope.run(ceremony.customerId, (manager) =>
      ceremonies.postpone(manager, ceremony, problem, new Date(clock.now() + pause)),
    );
    // The next attempt may be due before the next poll.
    setTimeout(() => this.wake(), pause + 1).unref();
  }
}
