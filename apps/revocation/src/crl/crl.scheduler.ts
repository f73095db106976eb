import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import { crlShardOf } from '#libs/x509';
import type { AuthorityDirectory } from '../authority/authority.directory.js';
import type { AuthorityKind, KnownAuthority } from '../authority/known-authority.js';
import type { JournalEntry } from '../journal/journal-entry.js';
import type { CrlBuilder } from './crl.builder.js';
import type { CrlCache } from './crl.cache.js';
import type { CrlMetrics } from './crl.metrics.js';
import type { CrlCause, CrlRepository, CrlRow } from './crl.repository.js';

export interface CrlSchedulerParts {
  readonly authorities: AuthorityDirectory;
  readonly repository: Pick<CrlRepository, 'since' | 'behind'>;
  readonly builder: Pick<CrlBuilder, 'build'>;
  readonly cache: CrlCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CrlMetrics;
  /** Milliseconds between two scheduled CRLs of an intermediate. */
  readonly intervalMs: number;
  /** False while CRLs must not be made, since it is not known what they would lack. */
  readonly mayBuild: (customerId: string) => boolean;
}

/** What is known of the CRLs of one shard. */
interface Shard {
  readonly authority: KnownAuthority;
  readonly shard: number;
  full: CrlRow | undefined;
  /** Set since the first revocation that is in no CRL yet; Unix milliseconds. */
  dirtySince: number | undefined;
  /** Not before; Unix milliseconds. */
  retryAt: number;
  /** When the last full CRL was ready; Unix milliseconds. */
  fullAt: number;
  building: boolean;
}

interface Due {
  readonly cause: CrlCause;
  readonly deltaOnly: boolean;
  /** Whether a revocation waits for it, whatever else made it due. */
  readonly isUrgent: boolean;
}

const tickMs = 100;
/** Milliseconds between two looks for what other replicas have published. */
const lookMs = 1_000;
const overlapMs = 30_000;
/** Milliseconds between two looks for revocations that are in no CRL: nobody was there to hear of them. */
const compareMs = 5_000;
/** Revocations of so many milliseconds share a CRL. */
const debounceMs = 200;
/** Above so many milliseconds a full CRL is made now and then, and a delta CRL at once. */
const slowMs = 250;
/** A shard spends at most this part of the time on full CRLs. */
const restFactor = 10;
const longestRestMs = 20_000;
const retryMs = 2_000;
/** What can be had in so many milliseconds is made before anything is served: a key that is away must not stop the rest. */
const firstBuildsMs = 5_000;
/** CRLs that are made at the same time: one of them is left to revocations, which must not wait for a CA's hundreds of others. */
const concurrency = 3;
/** A root's CRL is valid for 90 days; two months are left when it is renewed. */
const rootIntervalMs = 30 * 86_400_000;

/** Decides when CRLs are made: by the clock, and at once after a revocation. */
export class CrlScheduler {
  readonly #parts: CrlSchedulerParts;
  readonly #shards = new Map<string, Shard>();
  #timer: NodeJS.Timeout | undefined;
  #running = 0;
  /** Of those, the ones that no revocation waits for. */
  #unhurried = 0;
  /** Whether a shard is due and waits for another to be made. */
  #isFull = false;
  #lookedAt = 0;
  #comparedAt = 0;
  #looking: Promise<void> | undefined;
  #since = 0;
  #stopped = false;
  readonly #builds = new Set<Promise<void>>();

  constructor(parts: CrlSchedulerParts) {
    this.#parts = parts;
  }

  /** Reads what is published, also into memory, makes anew what lacks a revocation, and begins. */
  async start(): Promise<void> {
    const { authorities, mayBuild } = this.#parts;
    for (const authority of authorities.all) this.#add(authority);
    authorities.onNew((authority) => this.#add(authority));
    await this.#look();
    // A restored database has the CRL of then: it would un-revoke, under a lower number, until the next is made.
    for (const shard of this.#shards.values()) {
      if (shard.dirtySince === undefined || !mayBuild(shard.authority.customerId)) continue;
      this.#build(shard, { cause: 'revocation', deltaOnly: false, isUrgent: true });
    }
    await Promise.race([Promise.all(this.#builds), sleep(firstBuildsMs, undefined, { ref: false })]);
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#builds);
  }

  /** A revocation, or a hold that was lifted. */
  onEntry({ caId, serial }: Pick<JournalEntry, 'caId' | 'serial'>): void {
    const authority = this.#parts.authorities.byId(caId);
    if (!authority) return;
    const shard = this.#shards.get(`${caId}/${crlShardOf(serial, authority.shards)}`);
    if (shard) shard.dirtySince ??= this.#parts.clock.now();
  }

  #add(authority: KnownAuthority): void {
    for (let shard = 0; shard < authority.shards; shard++) {
      const key = `${authority.caId}/${shard}`;
      if (this.#shards.has(key)) continue;
      const nothing = { full: undefined, dirtySince: undefined, retryAt: 0, fullAt: 0, building: false };
      this.#shards.set(key, { authority, shard, ...nothing });
    }
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#tick();
      this.#schedule();
    }, tickMs).unref();
  }

  #tick(): void {
    const now = this.#parts.clock.now();
    if (now - this.#lookedAt >= lookMs && !this.#looking) {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
      });
    }
    this.#buildDue(now);
  }

  #buildDue(now: number): void {
    this.#isFull = false;
    for (const shard of this.#shards.values()) {
      const mayBuild =
        !shard.building && shard.retryAt <= now && this.#parts.mayBuild(shard.authority.customerId);
      const order = mayBuild ? this.#due(shard, now) : undefined;
      if (!order) continue;
      if (this.#running >= concurrency) {
        this.#isFull = true;
        return;
      }
      if (!order.isUrgent && this.#unhurried >= concurrency - 1) {
        this.#isFull = true;
        continue;
      }
      this.#build(shard, order);
    }
  }

  #due(shard: Shard, now: number): Due | undefined {
    const { full } = shard;
    const isUrgent = shard.dirtySince !== undefined && now - shard.dirtySince >= debounceMs;
    if (!full) return { cause: 'first', deltaOnly: false, isUrgent };
    if (now >= full.scheduledAt + this.#interval(shard.authority.kind)) {
      return { cause: 'scheduled', deltaOnly: false, isUrgent };
    }
    if (!isUrgent) return undefined;
    const rest = full.durationMs < slowMs ? 0 : Math.min(full.durationMs * restFactor, longestRestMs);
    return { cause: 'revocation', deltaOnly: now - shard.fullAt < rest, isUrgent };
  }

  #interval(kind: AuthorityKind): number {
    return kind === 'root' ? rootIntervalMs : this.#parts.intervalMs;
  }

  #build(shard: Shard, { cause, deltaOnly, isUrgent }: Due): void {
    const { builder, clock, logger } = this.#parts;
    shard.building = true;
    this.#running++;
    if (!isUrgent) this.#unhurried++;
    const dirtySince = shard.dirtySince;
    if (!deltaOnly) shard.dirtySince = undefined;
    const { authority, shard: number } = shard;
    // Last in turn: where more become due than can be made, none waits for ever.
    const key = `${authority.caId}/${number}`;
    this.#shards.delete(key);
    this.#shards.set(key, shard);
    const unlessScheduledAfter = clock.now() - this.#interval(authority.kind);
    const build = builder
      .build({ authority, shard: number, cause, deltaOnly, unlessScheduledAfter })
      .then((isDone) => {
        if (!deltaOnly) shard.fullAt = clock.now();
        // The full CRL of what the delta CRL has is still to be made, or another replica is at it.
        if (deltaOnly) shard.retryAt = clock.now() + debounceMs;
        if (!isDone) {
          shard.retryAt = clock.now() + lookMs;
          this.#lookedAt = 0;
        }
      })
      .catch((error: unknown) => {
        shard.dirtySince ??= dirtySince;
        this.#holdBack(authority.caId, clock.now() + retryMs);
        logger.warn({ err: error, ca: authority.caId, shard: number, cause }, 'a CRL could not be made');
      })
      .finally(() => {
        shard.building = false;
        this.#running--;
        if (!isUrgent) this.#unhurried--;
        this.#builds.delete(build);
        if (this.#isFull && !this.#stopped) this.#buildDue(clock.now());
      });
    this.#builds.add(build);
  }

  /** What one shard lacks, the others of its CA lack too: hundreds of failures in turn would hold everybody's up. */
  #holdBack(caId: string, until: number): void {
    for (const shard of this.#shards.values()) {
      if (shard.authority.caId === caId) shard.retryAt = until;
    }
  }

  /** Told of a CRL that was published here. */
  onPublished(crl: CrlRow): void {
    const shard = this.#shards.get(`${crl.caId}/${crl.shard}`);
    if (shard && !crl.delta && crl.number > (shard.full?.number ?? 0n)) shard.full = crl;
  }

  /** What any replica has published since the last look. */
  async #look(): Promise<void> {
    const { repository, cache, authorities, clock, logger } = this.#parts;
    this.#lookedAt = clock.now();
    try {
      for (const crl of await repository.since(this.#since - overlapMs)) {
        this.#since = Math.max(this.#since, crl.generatedAt);
        this.onPublished(crl);
        const authority = authorities.byId(crl.caId);
        if (cache.note(crl) && authority) await cache.get(authority, crl);
      }
      if (this.#lookedAt - this.#comparedAt >= compareMs) {
        this.#comparedAt = this.#lookedAt;
        for (const { caId, shard } of await repository.behind()) {
          const found = this.#shards.get(`${caId}/${shard}`);
          if (found && !found.building) found.dirtySince ??= this.#lookedAt;
        }
      }
    } catch (error) {
      logger.debug({ err: error }, 'what is published could not be read');
    }
    this.#measure();
  }

  #measure(): void {
    const { clock, metrics } = this.#parts;
    const now = clock.now();
    let overdue = 0;
    let stale = 0;
    for (const { full, authority } of this.#shards.values()) {
      if (!full) continue;
      overdue = Math.max(overdue, now - full.scheduledAt - this.#interval(authority.kind));
      if (now >= full.nextUpdate) stale++;
    }
    metrics.oldest.set(overdue / 1000);
    metrics.stale.set(stale);
  }
}
