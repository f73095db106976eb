import type { DataSource } from 'typeorm';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';

/** How often uses are written, in milliseconds: the last-used time is late by as much. */
const flushEveryMs = 5_000;

/** Remembers when credentials were used, and writes it for all of them at once: no request pays for it. */
export class CredentialUse {
  private used = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.flush(), flushEveryMs);
    this.timer.unref();
  }

  note(credentialId: string): void {
    this.used.set(credentialId, this.clock.now());
  }

  /** What cannot be written now is tried with the next; a later use replaces it. */
  async flush(): Promise<void> {
    const { used } = this;
    if (used.size === 0) return;
    this.used = new Map();
    try {
      await this.dataSource.query('SELECT gateway.note_credential_use($1, $2)', [
        [...used.keys()],
        [...used.values()].map((at) => new Date(at)),
      ]);
    } catch (error) {
      this.logger.warn({ err: error, credentials: used.size }, 'the use of credentials was not written');
      for (const [id, at] of used) if (!this.used.has(id)) this.used.set(id, at);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }
}
