import type { Logger } from '#libs/observability';
import type { JournalRepository } from '../journal/journal.repository.js';
import { chainStart, firstBreak } from '../journal/journal-chain.js';
import type { PublishedRecord, RecordedHead } from './published-record.js';
import type { RestoreMetrics } from './restore.metrics.js';
import type { RestoreRepository } from './restore.repository.js';

export interface RestoreGuardParts {
  readonly record: PublishedRecord;
  readonly repository: RestoreRepository;
  readonly journal: Pick<JournalRepository, 'after'>;
  /** Told of a journal that was completed: what was derived from it is old. */
  readonly onReplayed: () => Promise<void>;
  readonly logger: Logger;
  readonly metrics: RestoreMetrics;
}

const nothing: RecordedHead = { sequence: 0, hash: chainStart };
const batch = 1_000;
/** Milliseconds between two looks for a database that was restored while this process ran. */
const lookEveryMs = 2_000;

/**
 * A restored database must not un-revoke: it is measured against the record outside of it, at the start and from
 * then on. Entries that it has lost are put back from the record. Where the record cannot tell what is missing, or
 * tells of another journal, nothing of that customer is called good until an operator has said what is missing.
 */
export class RestoreGuard {
  readonly #parts: RestoreGuardParts;
  readonly #doubted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: RestoreGuardParts) {
    this.#parts = parts;
  }

  /** Whether it is known that nothing of this customer's journal is missing. */
  mayAnswerGood(customerId: string): boolean {
    return !this.#doubted.has(customerId);
  }

  /** Customers whose journal has lost what the record cannot give back. */
  get doubted(): readonly string[] {
    return [...this.#doubted];
  }

  /**
   * Compares every journal with the record, and completes whichever has less.
   *
   * @throws DomainError storage_unavailable, or the file system's error: then nothing may be answered
   */
  async start(): Promise<void> {
    await this.check();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running.catch(() => undefined);
  }

  async check(): Promise<void> {
    const { record, repository } = this.#parts;
    const heads = await repository.heads();
    const customers = new Set([...heads.keys(), ...record.heads.keys()]);
    let replayed = 0;
    for (const customerId of customers) {
      replayed += await this.#compare(customerId, heads.get(customerId) ?? nothing);
    }
    await record.flushed();
    this.#parts.metrics.doubted.set(this.#doubted.size);
    if (replayed === 0) return;
    this.#parts.metrics.replayed.inc(replayed);
    this.#parts.logger.warn({ entries: replayed }, 'the database had lost revocations: they were put back');
    await this.#parts.onReplayed();
  }

  /**
   * Takes the journal as it is now for the whole truth: an operator has said what was missing, and it was revoked.
   */
  async accept(customerId: string): Promise<void> {
    const { record, repository, metrics } = this.#parts;
    await record.accept(customerId, (await repository.heads()).get(customerId) ?? nothing);
    this.#doubted.delete(customerId);
    metrics.doubted.set(this.#doubted.size);
  }

  /** @returns how many entries were put back into the database */
  async #compare(customerId: string, inDatabase: RecordedHead): Promise<number> {
    const { record, repository, journal } = this.#parts;
    const recorded = record.heads.get(customerId) ?? nothing;
    if (inDatabase.sequence >= recorded.sequence) {
      const same = await this.#isSame(customerId, recorded, inDatabase);
      if (!same) return this.#doubt(customerId, 'the database has another journal than was published');
      for (let from = recorded.sequence; from < inDatabase.sequence; ) {
        const entries = await journal.after(customerId, from, batch);
        for (const entry of entries) record.add(entry);
        from = entries.at(-1)?.sequence ?? inDatabase.sequence;
      }
      this.#doubted.delete(customerId);
      return 0;
    }
    const missing = await record.entriesAfter(customerId, inDatabase.sequence);
    const isWhole = missing.at(-1)?.sequence === recorded.sequence && !firstBreak(inDatabase, missing);
    if (!isWhole) return this.#doubt(customerId, 'the record cannot tell which revocations are missing');
    let added = 0;
    for (let at = 0; at < missing.length; at += batch) {
      added += await repository.replay(customerId, missing.slice(at, at + batch));
    }
    this.#doubted.delete(customerId);
    return added;
  }

  async #isSame(customerId: string, recorded: RecordedHead, inDatabase: RecordedHead): Promise<boolean> {
    if (recorded.sequence === 0) return true;
    const isHead = recorded.sequence === inDatabase.sequence;
    const { repository } = this.#parts;
    const hash = isHead ? inDatabase.hash : await repository.hashOf(customerId, recorded.sequence);
    return hash !== undefined && Buffer.compare(hash, recorded.hash) === 0;
  }

  #doubt(customerId: string, why: string): 0 {
    if (!this.#doubted.has(customerId)) {
      this.#parts.logger.error({ customerId, why }, 'revocations are missing: nothing is called good');
    }
    this.#doubted.add(customerId);
    return 0;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#look().finally(() => this.#schedule());
    }, lookEveryMs).unref();
  }

  async #look(): Promise<void> {
    try {
      const { record, repository } = this.#parts;
      const recorded = record.entries;
      if ((await repository.entries()) < recorded || this.#doubted.size > 0) await this.check();
    } catch (error) {
      this.#parts.logger.debug({ err: error }, 'the journal could not be compared with the record');
    }
  }
}
