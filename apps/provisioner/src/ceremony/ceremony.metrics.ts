import {
  type Counter,
  counter,
  gauge,
  type Histogram,
  histogram,
  type Logger,
  type Registry,
} from '#libs/observability';
import type { CeremonyStep } from './ceremony-step.js';

/** What an operator watches ceremonies by. */
export class CeremonyMetrics {
  readonly #steps: Counter<'step' | 'outcome'>;
  readonly #duration: Histogram;

  /** @param unfinished counts the ceremonies that have not ended, of every replica */
  constructor(registry: Registry, logger: Logger, unfinished: () => Promise<number>) {
    this.#steps = counter({
      registry,
      name: 'ceremony_steps_total',
      help: 'Steps of ceremonies that were tried, by outcome: done or failed.',
      labels: ['step', 'outcome'],
    });
    this.#duration = histogram({
      registry,
      name: 'ceremony_duration_seconds',
      help: 'From the creation of a customer to its active CA.',
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
    });
    gauge({
      registry,
      name: 'ceremonies_unfinished',
      help: 'Ceremonies that have not ended, in the whole installation; NaN while they cannot be counted.',
      collect: async (metric) => {
        // A database that is away must not take the other metrics with it; an old value would look like an answer.
        const count = await unfinished().catch((error: unknown) => {
          logger.warn({ err: error }, 'the unfinished ceremonies could not be counted');
          return Number.NaN;
        });
        metric.set(count);
      },
    });
  }

  stepDone(step: CeremonyStep): void {
    this.#steps.inc({ step, outcome: 'done' });
  }

  stepFailed(step: CeremonyStep): void {
    this.#steps.inc({ step, outcome: 'failed' });
  }

  finished(seconds: number): void {
    this.#duration.observe(seconds);
  }
}
