import type { Logger } from '#libs/observability';

export interface PeriodicJobOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly logger: Logger;
  /** Safe to run again, and to run in several replicas at once. */
  readonly work: () => Promise<void>;
}

/** Runs work again and again; what fails is logged and tried at the next turn. */
export class PeriodicJob {
  private readonly timer: NodeJS.Timeout;
  private running: Promise<void> | undefined;

  constructor(private readonly options: PeriodicJobOptions) {
    this.timer = setInterval(() => this.turn(), options.everyMs).unref();
  }

  /** Resolves when the turn under way has ended; there are no more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private turn(): void {
    if (this.running) return;
    const { name, logger, work } = this.options;
    this.running = work()
      .catch((error: unknown) => logger.error({ err: error, job: name }, 'a periodic job failed'))
      .finally(() => {
        this.running = undefined;
      });
  }
}
