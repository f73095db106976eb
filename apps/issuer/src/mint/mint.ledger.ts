import type { Pool } from 'pg';
import { mapDatabaseError } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { Clock } from '#libs/service';
import type { CertificateBlock } from './certificate-block.js';
import { LedgerQueue, type Queueable } from './ledger-queue.js';
import { type LedgerVerdict, recordMints } from './record-mints.js';

/** One request with its signed certificates, ready to be recorded. */
export interface LedgerEntry {
  /** UUID in lower case. */
  readonly customerId: string;
  readonly customerUuid: Uint8Array;
  readonly caUuid: Uint8Array;
  readonly count: number;
  /** Unix seconds. */
  readonly notBefore: number;
  /** Unix seconds. */
  readonly notAfter: number;
  readonly block: CertificateBlock;
  /** Encoded `stackrunner.event.v1.Issued`. */
  readonly issued: Uint8Array;
  /** SHA-256 of the idempotency key and of what it stands for. */
  readonly idempotency?: { readonly key: Uint8Array; readonly body: Uint8Array } | undefined;
  /** Epoch milliseconds. */
  readonly deadline: number;
}

export interface LedgerOptions {
  /** Its connections carry nothing else, so that a slow reader never delays a commit. */
  readonly pool: Pool;
  readonly clock: Clock;
  /** Groups that may be with the database at once. */
  readonly slots: number;
  /** Most certificates of a group. */
  readonly groupSize: number;
  /** Most certificates that may wait. */
  readonly capacity: number;
  /** Told after every commit that issued something. */
  readonly onCommit?: () => void;
  readonly observe?: (group: GroupObservation) => void;
}

export interface GroupObservation {
  readonly certificates: number;
  readonly requests: number;
  /** From the statement's start to its commit. */
  readonly seconds: number;
}

interface Waiting extends Queueable {
  readonly entry: LedgerEntry;
  readonly resolve: (verdict: LedgerVerdict) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Records signed certificates, and decides at the same time whether they may exist: limits, batch numbers
 * and idempotency are settled in the transaction that stores them.
 *
 * Requests that arrive while a group is being committed form the next group: no timer, and the busier it is
 * the larger the groups. A verdict is given after the commit only. When the connection is lost meanwhile,
 * nobody knows whether the commit happened: the answer is `storage_unavailable`, and a client that repeats
 * the request with its Idempotency-Key gets the certificates if it did.
 */
export class Ledger {
  private readonly queue = new LedgerQueue<Waiting>();
  private groups = 0;
  private scheduled = false;
  private closing = false;
  private readonly idle: (() => void)[] = [];

  constructor(private readonly options: LedgerOptions) {}

  /** Certificates that wait for a group. */
  get waiting(): number {
    return this.queue.size;
  }

  /**
   * @throws overloaded when too much waits
   * @throws deadline_exceeded when the deadline passed before the request was sent; it is not recorded then
   * @throws storage_unavailable when PostgreSQL does not serve; the request may have been recorded
   */
  record(entry: LedgerEntry): Promise<LedgerVerdict> {
    if (this.closing) throw new DomainError('service_unavailable', 'The issuer is shutting down.');
    if (this.queue.size + entry.count > this.options.capacity) {
      throw new DomainError('overloaded', 'Too many certificates wait to be recorded.');
    }
    return new Promise((resolve, reject) => {
      const { customerId, count, idempotency } = entry;
      const key = idempotency && Buffer.from(idempotency.key).toString('latin1');
      this.queue.push({ customerId, count, key, entry, resolve, reject });
      this.schedule();
    });
  }

  /** Refuses what is new, and resolves when everything that was accepted has its verdict. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.groups === 0 && this.queue.size === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /** At the end of this turn of the event loop, so that what came with one message goes into one group. */
  private schedule(): void {
    if (this.scheduled || this.groups >= this.options.slots) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      while (this.groups < this.options.slots && this.queue.hasReady) this.start();
      if (this.groups === 0 && this.queue.size === 0) for (const tell of this.idle.splice(0)) tell();
    });
  }

  private start(): void {
    const taken = this.queue.take(this.options.groupSize);
    const now = this.options.clock.now();
    const live = taken.filter((each) => each.entry.deadline > now);
    for (const each of taken) {
      if (each.entry.deadline <= now) each.reject(tooLate());
    }
    this.groups++;
    void this.commit(live, now).finally(() => {
      this.groups--;
      this.queue.done(taken);
      this.schedule();
    });
  }

  private async commit(group: readonly Waiting[], now: number): Promise<void> {
    if (group.length === 0) return;
    const started = performance.now();
    try {
      const entries = group.map((each) => each.entry);
      const verdicts = await recordMints(this.options.pool, now, entries);
      const certificates = entries.reduce((sum, entry) => sum + entry.count, 0);
      this.options.observe?.({
        certificates,
        requests: entries.length,
        seconds: (performance.now() - started) / 1000,
      });
      verdicts.forEach((verdict, index) => {
        group[index]?.resolve(verdict);
      });
      if (verdicts.some((verdict) => verdict.outcome === 'minted')) this.options.onCommit?.();
    } catch (error) {
      const failure = mapDatabaseError(error);
      for (const each of group) each.reject(failure);
    }
  }
}

function tooLate(): DomainError {
  return new DomainError('deadline_exceeded', 'The request waited longer than its caller does.');
}
