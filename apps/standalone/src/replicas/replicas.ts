import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, type MetricsSource, metricsText } from '#libs/observability';
import type { ReplicaSettings } from './control.js';
import { Replica, type ReplicaHost } from './replica.js';

export interface ReplicasOptions extends ReplicaHost {
  /** How many, beside the main process. */
  readonly count: number;
  readonly settings: Omit<ReplicaSettings, 'number'>;
  readonly logger: Logger;
}

/** Milliseconds before a replica that ended is started again. */
const restartDelayMs = 1_000;

/**
 * Processes that accept connections and mint beside the main one, a core each: in one process, a request would go
 * from thread to thread, which costs more than it gains (docs/adr/0009). One that ends is started again, and the
 * others serve meanwhile.
 */
export class Replicas implements MetricsSource {
  private readonly replicas = new Map<number, Replica>();
  private stopping = false;

  constructor(private readonly options: ReplicasOptions) {
    for (let number = 2; number < options.count + 2; number += 1) void this.keepRunning(number);
  }

  /** Those that accept connections. */
  get serving(): number {
    return [...this.replicas.values()].filter(({ serves }) => serves).length;
  }

  metrics(): Promise<string> {
    return metricsText([...this.replicas.values()]);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.replicas.values()].map((replica) => replica.stop()));
  }

  private async keepRunning(number: number): Promise<void> {
    const { settings, logger } = this.options;
    while (!this.stopping) {
      const replica = new Replica({ ...settings, number }, this.options);
      this.replicas.set(number, replica);
      const reason = await replica.ended;
      if (this.stopping) return;
      logger.error({ replica: number, reason }, 'a replica ended; it is started again');
      await sleep(restartDelayMs);
    }
  }
}
