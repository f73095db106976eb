import { create, toBinary } from '@bufbuild/protobuf';
import type { Pool, PoolClient } from 'pg';
import { type RevocationReason, RevokedSchema } from '#libs/contracts';
import {
  byteaArray,
  outboxEventId,
  timestamptzArray,
  uuidArray,
  uuidBytes,
  withTenant,
} from '#libs/database';
import { events } from '#libs/rpc';
import { CaOwners } from '../authority/ca-owners.js';
import type { Actor, CertificateName, JournalEntry, RevokedState } from './journal-entry.js';
import { type JournalRow, journalColumns, journalEntry } from './journal-row.js';

/** What is asked of some certificates of one customer, all for one reason. */
export interface JournalOrder {
  readonly customerId: string;
  readonly certificates: readonly CertificateName[];
  readonly reason: RevocationReason;
  /** Unix milliseconds. */
  readonly invalidityDate: number | undefined;
  readonly actor: Actor;
  /** UUID of the bulk revocation that this is part of. */
  readonly jobId?: string;
  /** Unix milliseconds. */
  readonly now: number;
}

/** What became of one certificate, and how it stands now. */
export interface JournalOutcome {
  readonly outcome: 'changed' | 'unchanged' | 'not_on_hold';
  /** Undefined when it is good. */
  readonly state: RevokedState | undefined;
}

interface OutcomeRow {
  readonly outcome: JournalOutcome['outcome'];
  readonly revoked_at: number | null;
  readonly reason: number | null;
  readonly invalidity_date: number | null;
  readonly sequence: string | null;
}

const appendSql = `
  SELECT outcome, extract(epoch FROM revoked_at)::float8 * 1000 AS revoked_at, reason,
    extract(epoch FROM invalidity_date)::float8 * 1000 AS invalidity_date, sequence
  FROM revocation.append_journal($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

const afterSql = `
  SELECT ${journalColumns} FROM revocation.journal
  WHERE customer_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`;

/** The event of an append, as the outbox has it. */
export interface RevokedEvent {
  /** By which the outbox's relay publishes it. */
  readonly id: string;
  readonly payload: Buffer;
}

/** The append-only journal: written by one function of the database, read by customer. */
export class JournalRepository {
  readonly #owners: CaOwners;

  /** @param announce is told of every event once it is durable, before whoever appended is */
  constructor(
    private readonly pool: Pool,
    private readonly announce: (event: RevokedEvent) => Promise<void> = async () => undefined,
  ) {
    this.#owners = new CaOwners(pool);
  }

  /**
   * Adds what is new to the journal of whoever holds the CA, and the event that tells of it, in one transaction.
   *
   * @param settle sees the outcomes before anything is durable; when it throws, nothing was written
   * @returns the outcomes in the order of the certificates
   * @throws DomainError storage_unavailable: it may be durable; the same order again tells
   */
  async append(
    order: JournalOrder,
    settle: (outcomes: readonly JournalOutcome[]) => void = () => undefined,
  ): Promise<JournalOutcome[]> {
    const parts = await this.#byJournal(order);
    const { outcomes, event } = await withTenant(this.pool, order.customerId, async (client) => {
      const rows: OutcomeRow[] = [];
      for (const { journal, places } of parts) {
        const certificates = order.certificates.filter((_, place) => places.has(place));
        const added = await appendRows(client, { ...order, customerId: journal, certificates });
        for (const [at, place] of [...places].entries()) {
          const row = added[at];
          if (row) rows[place] = row;
        }
      }
      const outcomes = rows.map(outcomeOf);
      settle(outcomes);
      return { outcomes, event: await publish(client, order, rows) };
    });
    if (event) await this.announce(event);
    return outcomes;
  }

  /** Which of the certificates go into whose journal; the same order for all, so that none waits for another in a ring. */
  async #byJournal({ customerId, certificates }: JournalOrder) {
    const owners = await this.#owners.of(certificates.map(({ caId }) => caId));
    const journals = new Map<string, Set<number>>();
    for (const [place, { caId }] of certificates.entries()) {
      const journal = owners.get(caId) ?? customerId;
      const places = journals.get(journal) ?? new Set();
      journals.set(journal, places.add(place));
    }
    const parts = [...journals].map(([journal, places]) => ({ journal, places }));
    return parts.sort((one, other) => (one.journal < other.journal ? -1 : 1));
  }

  /** The next entries of a customer's journal, oldest first. */
  after(customerId: string, sequence: number, most: number): Promise<JournalEntry[]> {
    return withTenant(this.pool, customerId, async (client) => {
      const values = [customerId, sequence, most];
      const { rows } = await client.query<JournalRow>(afterSql, values);
      return rows.map(journalEntry);
    });
  }
}

async function appendRows(client: PoolClient, order: JournalOrder): Promise<OutcomeRow[]> {
  const { customerId, certificates, reason, invalidityDate, actor, jobId, now } = order;
  const { rows } = await client.query<OutcomeRow>(appendSql, [
    new Date(now),
    customerId,
    reason,
    invalidityDate === undefined ? null : new Date(invalidityDate),
    actor.kind,
    actor.id,
    jobId ?? null,
    uuidArray(certificates.map(({ caId }) => uuidBytes(caId))),
    byteaArray(certificates.map(({ serial }) => serial)),
    timestamptzArray(certificates.map(({ expiresAt }) => Math.floor(expiresAt / 1000))),
  ]);
  return rows;
}

async function publish(
  client: PoolClient,
  order: JournalOrder,
  rows: readonly OutcomeRow[],
): Promise<RevokedEvent | undefined> {
  const { customerId, certificates, reason, now } = order;
  const entries = rows.flatMap(({ sequence }, index) => {
    const certificate = certificates[index];
    if (sequence === null || certificate === undefined) return [];
    const { caId, serial, expiresAt } = certificate;
    const times = { recordedAt: seconds(now), notAfter: seconds(expiresAt) };
    return [{ customerId, caId, serial, reason, ...times, sequence: BigInt(sequence) }];
  });
  if (entries.length === 0) return undefined;
  const payload = Buffer.from(toBinary(RevokedSchema, create(RevokedSchema, { entries })));
  const values = [events.revoked.type, payload];
  const text = 'INSERT INTO revocation.outbox (type, payload) VALUES ($1, $2) RETURNING id';
  const { rows: added } = await client.query<{ id: string }>(text, values);
  return { id: outboxEventId('revocation', added[0]?.id ?? ''), payload };
}

function outcomeOf({ outcome, revoked_at, reason, invalidity_date }: OutcomeRow): JournalOutcome {
  if (revoked_at === null || reason === null) return { outcome, state: undefined };
  const state = { revokedAt: revoked_at, reason, invalidityDate: invalidity_date ?? undefined };
  return { outcome, state };
}

const seconds = (ms: number): bigint => BigInt(Math.floor(ms / 1000));
