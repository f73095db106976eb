import type { Logger } from '#libs/observability';

export interface PeriodicJobOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly logger: Logger;
  /** Safe to run again, and to run in several replicas at once. */
  readonly work: () => Promise<void>;
}

/** Pause after a turn that failed, in milliseconds. */
const retryMs = 60_000;

/** Runs work again and again, first after one period; what fails is logged and tried again after a minute. */
export class PeriodicJob {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: PeriodicJobOptions) {
    this.schedule(options.everyMs);
  }

  /** Resolves when the turn under way has ended; there are no more. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.turn();
    }, ms).unref();
  }

  private async turn(): Promise<void> {
    const { name, everyMs, logger, work } = this.options;
    try {
      await work();
      this.schedule(everyMs);
    } catch (error) {
      logger.error({ err: error, job: name }, 'a periodic job failed');
      this.schedule(Math.min(retryMs, everyMs));
    }
  }
}
