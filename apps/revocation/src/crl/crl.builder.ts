import type { PoolClient } from 'pg';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import { CrlEntries, draftCrl } from '#libs/x509';
import type { KnownAuthority } from '../authority/known-authority.js';
import type { CrlMetrics } from './crl.metrics.js';
import type { CrlCause, CrlRepository, CrlRow, StoredCrl } from './crl.repository.js';
import { crlFile } from './crl-file.js';
import type { CrlSigner } from './crl-signer.js';
import { CrlState } from './crl-state.js';

export interface CrlBuilderParts {
  readonly repository: CrlRepository;
  readonly signer: Pick<CrlSigner, 'sign'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CrlMetrics;
  /** Base URL of CRLs, without a trailing slash. */
  readonly pkiUrl: string;
  /** What was published, outside of the database. */
  readonly record: { readonly highestCrlNumber: bigint; crlNumber(number: bigint): Promise<void> };
  /** Told of each CRL that is published. */
  readonly onPublished: (crl: StoredCrl) => void;
}

/** What is to be made. */
export interface CrlOrder {
  readonly authority: KnownAuthority;
  readonly shard: number;
  readonly cause: CrlCause;
  /** The delta CRL alone, where the full one is too large to be made for each revocation. */
  readonly deltaOnly?: boolean;
  /** A scheduled CRL is not made when another replica has made one since then; Unix milliseconds. */
  readonly unlessScheduledAfter?: number;
}

const hour = 3_600_000;
const day = 24 * hour;
/** Milliseconds for which a CRL is valid. A root signs nothing else, and its key is disabled in between. */
export const crlValidity = { intermediate: day, root: 90 * day } as const;
/** A delta CRL that lists more starts from the full CRL of its own time. */
const longestDelta = 5_000;

/**
 * Makes CRLs (RFC 5280 §5): version 2 with a number that grows with the clock and so survives a restore, one full and
 * one delta CRL a shard. One replica at a time makes those of a shard.
 */
export class CrlBuilder {
  readonly #parts: CrlBuilderParts;
  readonly #states = new Map<string, CrlState>();
  readonly #turns = new Map<string, Promise<unknown>>();
  /** The last number of each shard that was used here. */
  readonly #numbers = new Map<string, bigint>();
  readonly #firstNumber: bigint;

  constructor(parts: CrlBuilderParts) {
    this.#parts = parts;
    this.#firstNumber = parts.record.highestCrlNumber;
  }

  /**
   * Makes and publishes what is ordered.
   *
   * @returns false when another replica is at it, or has done it
   * @throws DomainError signer_unavailable, storage_unavailable; the event of it is recorded where that is possible
   */
  build(order: CrlOrder): Promise<boolean> {
    const { caId } = order.authority;
    // The state of a CA is one: its shards take turns.
    const before = this.#turns.get(caId) ?? Promise.resolve();
    const turn = before.then(
      () => this.#attempt(order),
      () => this.#attempt(order),
    );
    this.#turns.set(caId, turn);
    const done = () => {
      if (this.#turns.get(caId) === turn) this.#turns.delete(caId);
    };
    turn.then(done, done);
    return turn;
  }

  async #attempt(order: CrlOrder): Promise<boolean> {
    const { repository, metrics } = this.#parts;
    const { authority, shard, cause } = order;
    try {
      const published = await repository.within(authority, (client) => this.#make(client, order));
      for (const crl of published) {
        metrics.generated.inc({ cause });
        metrics.duration.observe(crl.durationMs / 1000);
        this.#parts.onPublished(crl);
      }
      return published.length > 0;
    } catch (error) {
      // What a transaction took into the state and then lost is read again.
      this.#states.delete(authority.caId);
      metrics.failed.inc();
      const problem = error instanceof Error ? error.message : String(error);
      const { caId, customerId } = authority;
      const name = { caId, customerId, shard, delta: order.deltaOnly === true };
      await repository
        .within(authority, (client) => repository.noteFailure(client, name, { cause, problem }))
        .catch(() => undefined);
      throw error;
    }
  }

  async #make(client: PoolClient, order: CrlOrder): Promise<StoredCrl[]> {
    const { repository } = this.#parts;
    const { authority, shard, cause, unlessScheduledAfter = Number.POSITIVE_INFINITY } = order;
    const started = performance.now();
    if (!(await repository.lock(client, authority.caId, shard))) return [];
    const before = await repository.published(client, authority.caId, shard);
    const { full } = before;
    if (full && cause === 'first') return [];
    if (full && cause === 'scheduled' && full.scheduledAt > unlessScheduledAfter) return [];
    const state = await this.#state(client, authority, full, cause);
    const newest = Math.max(
      full?.journalSequence ?? -1,
      order.deltaOnly ? (before.delta?.journalSequence ?? -1) : -1,
    );
    if (cause === 'revocation' && newest >= state.sequence) return [];

    const plan = this.#plan(order, before, state);
    const crls: Omit<StoredCrl, 'generatedAt'>[] = [];
    if (!order.deltaOnly) crls.push(await this.#full(plan, started));
    crls.push(await this.#delta(client, plan, started));
    await this.#parts.record.crlNumber(plan.number);
    for (const crl of crls) await repository.publish(client, crl, cause);
    const generatedAt = this.#parts.clock.now();
    return crls.map((crl) => ({ ...crl, generatedAt }));
  }

  /** In memory, or loaded: anew when the clock has made something leave (RFC 5280 §3.3). */
  async #state(
    client: PoolClient,
    authority: KnownAuthority,
    full: CrlRow | undefined,
    cause: CrlCause,
  ): Promise<CrlState> {
    const known = this.#states.get(authority.caId);
    const scheduledAt = full?.scheduledAt ?? 0;
    const hasExpired = cause === 'scheduled' && known !== undefined && known.earliestExpiry < scheduledAt;
    const state = known && !hasExpired ? known : await CrlState.load(client, authority, scheduledAt);
    this.#states.set(authority.caId, state);
    await state.catchUp(client);
    return state;
  }

  #plan(order: CrlOrder, before: { full?: CrlRow; delta?: CrlRow }, state: CrlState): Plan {
    const { authority, shard, cause } = order;
    const { full, delta } = before;
    // Nothing in a CRL is later than it.
    const now = Math.max(this.#parts.clock.now(), state.latest);
    // A restored database, and a clock that was set back, know less than what was published.
    const key = `${authority.caId}/${shard}`;
    const published = [
      full?.number,
      delta?.number,
      this.#numbers.get(key) ?? this.#firstNumber,
      BigInt(now) - 1n,
    ];
    const number = published.reduce<bigint>((a, b = 0n) => (a > b ? a : b), 0n) + 1n;
    this.#numbers.set(key, number);
    const isNewBase =
      cause !== 'revocation' || !delta || (!order.deltaOnly && delta.revokedCount > longestDelta);
    return {
      ...{ authority, shard, state, now, number },
      base: isNewBase ? number : (delta.base ?? number),
      baseSequence: isNewBase ? state.sequence : delta.baseSequence,
      scheduledAt: cause === 'revocation' ? (full?.scheduledAt ?? now) : now,
      nextUpdate: now + crlValidity[authority.kind],
    };
  }

  async #full(plan: Plan, started: number): Promise<Omit<StoredCrl, 'generatedAt'>> {
    const { authority, shard, state } = plan;
    const freshestUrl = this.#url(authority, shard, true);
    const entries = state.entries(shard);
    return this.#signed(plan, { entries, delta: false, extra: { freshestUrl } }, started);
  }

  async #delta(client: PoolClient, plan: Plan, started: number): Promise<Omit<StoredCrl, 'generatedAt'>> {
    const { base, number } = plan;
    const entries = base === number ? new CrlEntries() : await this.#changes(client, plan);
    return this.#signed(plan, { entries, delta: true, extra: { base } }, started);
  }

  /** From memory, or from the journal where memory began later than the full CRL. */
  async #changes(client: PoolClient, { authority, shard, state, baseSequence }: Plan): Promise<CrlEntries> {
    const known = state.changes(shard, baseSequence);
    return known ?? this.#parts.repository.changes(client, authority, { shard, since: baseSequence });
  }

  async #signed(
    plan: Plan,
    what: { entries: CrlEntries; delta: boolean; extra: { base?: bigint; freshestUrl?: string } },
    started: number,
  ): Promise<Omit<StoredCrl, 'generatedAt'>> {
    const { authority, shard, now, number, nextUpdate } = plan;
    const draft = draftCrl({
      issuer: authority.certificate.subject,
      issuerKeyIdentifier: authority.subjectKeyIdentifier,
      signatureAlgorithm: authority.signatureAlgorithm,
      ...{ number, thisUpdate: now, nextUpdate, entries: what.entries },
      ...(authority.shards > 1 && { shardUrl: this.#url(authority, shard, false) }),
      ...what.extra,
    });
    const der = await this.#parts.signer.sign(authority, draft);
    return {
      ...{ caId: authority.caId, customerId: authority.customerId, shard, delta: what.delta, number, der },
      base: what.extra.base,
      baseSequence: plan.baseSequence,
      journalSequence: plan.state.sequence,
      thisUpdate: now,
      nextUpdate,
      scheduledAt: plan.scheduledAt,
      durationMs: Math.round(performance.now() - started),
      revokedCount: what.entries.count,
    };
  }

  #url(authority: KnownAuthority, shard: number, delta: boolean): string {
    return `${this.#parts.pkiUrl}/${authority.handle}/${crlFile(authority, { shard, delta })}`;
  }
}

/** What the two CRLs of one turn have in common. */
interface Plan {
  readonly authority: KnownAuthority;
  readonly shard: number;
  readonly state: CrlState;
  /** Unix milliseconds. */
  readonly now: number;
  readonly number: bigint;
  readonly base: bigint;
  readonly baseSequence: number;
  /** Unix milliseconds. */
  readonly scheduledAt: number;
  /** Unix milliseconds. */
  readonly nextUpdate: number;
}
