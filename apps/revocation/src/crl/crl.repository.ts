import { create, toBinary } from '@bufbuild/protobuf';
import type { Pool, PoolClient } from 'pg';
import { CrlGeneratedSchema } from '#libs/contracts';
import { withEveryCustomer, withTenant } from '#libs/database';
import { events } from '#libs/rpc';
import { CrlEntries, type CrlReason, crlReasons, mostCrlShardsOfOneOctet } from '#libs/x509';
import type { KnownAuthority } from '../authority/known-authority.js';
import type { CrlName } from './crl-file.js';

/** Why a CRL was made. */
export type CrlCause = 'first' | 'scheduled' | 'revocation' | 'requested';

/** A published CRL without its octets. Times are Unix milliseconds, sequences those of the customer's journal. */
export interface CrlRow extends CrlName {
  readonly caId: string;
  readonly customerId: string;
  readonly number: bigint;
  /** The number of the full CRL that a delta CRL adds to. */
  readonly base: bigint | undefined;
  readonly baseSequence: number;
  readonly journalSequence: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** When the last one was made by the clock. */
  readonly scheduledAt: number;
  readonly generatedAt: number;
  readonly durationMs: number;
  readonly revokedCount: number;
}

export interface StoredCrl extends CrlRow {
  readonly der: Buffer;
}

interface Row {
  readonly ca_id: string;
  readonly shard: number;
  readonly delta: boolean;
  readonly customer_id: string;
  readonly number: string;
  readonly base: string | null;
  readonly base_sequence: string;
  readonly journal_sequence: string;
  readonly this_update: Date;
  readonly next_update: Date;
  readonly scheduled_at: Date;
  readonly generated_at: Date;
  readonly duration_ms: number;
  readonly revoked_count: string;
}

const columns = `ca_id, shard, delta, customer_id, number, base, base_sequence, journal_sequence, this_update,
  next_update, scheduled_at, generated_at, duration_ms, revoked_count`;

/** The last events of a CRL that are kept. */
const keptEvents = 20;

/** Those of a CRL that go when one more comes. */
const surplusSql = `
  SELECT id FROM revocation.crl_event WHERE ca_id = $1 AND shard = $2 AND delta = $3 ORDER BY id DESC OFFSET ${keptEvents - 1}`;

/** The CRL, that it was made, and the event that tells of it, in one statement. */
const publishSql = `
  WITH published AS (
    INSERT INTO revocation.crl AS c
      (ca_id, shard, delta, customer_id, number, base, base_sequence, journal_sequence, this_update, next_update,
       scheduled_at, generated_at, duration_ms, revoked_count, der)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp(), $12, $13, $14)
    ON CONFLICT (ca_id, shard, delta) DO UPDATE SET
      number = excluded.number, base = excluded.base, base_sequence = excluded.base_sequence,
      journal_sequence = excluded.journal_sequence, this_update = excluded.this_update,
      next_update = excluded.next_update, scheduled_at = excluded.scheduled_at,
      generated_at = excluded.generated_at, duration_ms = excluded.duration_ms,
      revoked_count = excluded.revoked_count, der = excluded.der
    WHERE c.number < excluded.number
    RETURNING ca_id),
  noted AS (
    INSERT INTO revocation.crl_event (customer_id, ca_id, shard, delta, at, number, cause)
    SELECT $4, $1, $2, $3, clock_timestamp(), $5, $15::text FROM published),
  forgotten AS (DELETE FROM revocation.crl_event WHERE id IN (${surplusSql}) AND EXISTS (SELECT FROM published)),
  told AS (INSERT INTO revocation.outbox (type, payload) SELECT $16::text, $17::bytea FROM published)
  SELECT FROM published`;

const noteSql = `
  WITH forgotten AS (DELETE FROM revocation.crl_event WHERE id IN (${surplusSql}))
  INSERT INTO revocation.crl_event (customer_id, ca_id, shard, delta, at, cause, problem)
  VALUES ($4, $1, $2, $3, clock_timestamp(), $5, $6)`;

/** `crlShardOf` in PostgreSQL: of the column of a serial number, and of an expression for how many parts there are. */
function shardSql(serial: string, shards: string): string {
  const octet = (fromEnd: number) => `get_byte(${serial}, octet_length(${serial}) - ${fromEnd})`;
  const isWide = `${shards} > ${mostCrlShardsOfOneOctet} AND octet_length(${serial}) > 1`;
  return `(CASE WHEN ${isWide} THEN ${octet(2)} * 256 ELSE 0 END + ${octet(1)}) % ${shards}`;
}

/** What changed since a full CRL: how each certificate stands now, or that it is good again. */
const changesSql = `
  SELECT DISTINCT ON (j.serial) j.serial, extract(epoch FROM coalesce(r.revoked_at, j.recorded_at))::float8 * 1000
    AS revoked_at, coalesce(r.reason, ${crlReasons.removeFromCRL}) AS reason,
    extract(epoch FROM r.invalidity_date)::float8 * 1000 AS invalidity_date
  FROM revocation.journal j LEFT JOIN revocation.revoked r ON r.ca_id = j.ca_id AND r.serial = j.serial
  WHERE j.ca_id = $1 AND j.sequence > $2 AND ${shardSql('j.serial', '$3::int')} = $4
  ORDER BY j.serial, j.sequence DESC`;

/** What the journal gained since the oldest CRL of a CA is read once, not once for each of its shards. */
const behindSql = `
  WITH newest AS (
    SELECT j.ca_id, ${shardSql('j.serial', 'a.shards')} AS shard, max(j.sequence) AS sequence
    FROM (SELECT ca_id, min(journal_sequence) AS since FROM revocation.crl WHERE NOT delta GROUP BY ca_id) o
    JOIN revocation.authority a ON a.ca_id = o.ca_id
    JOIN revocation.journal j ON j.ca_id = o.ca_id AND j.sequence > o.since
    GROUP BY 1, 2)
  SELECT c.ca_id, c.shard FROM newest n JOIN revocation.crl c ON c.ca_id = n.ca_id AND c.shard = n.shard
  WHERE NOT c.delta AND c.journal_sequence < n.sequence`;

/** The CRLs as they are published. What takes a client runs within a transaction of the CA's customer. */
export class CrlRepository {
  constructor(private readonly pool: Pool) {}

  within<T>(authority: KnownAuthority, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return withTenant(this.pool, authority.customerId, work);
  }

  /** Until the end of the transaction nobody else makes a CRL of this shard. @returns false when somebody does */
  async lock(client: PoolClient, caId: string, shard: number): Promise<boolean> {
    const text = "SELECT pg_try_advisory_xact_lock(hashtextextended('crl:' || $1 || ':' || $2, 0)) AS locked";
    const values = [caId, String(shard)];
    const { rows } = await client.query<{ locked: boolean }>(text, values);
    return rows[0]?.locked === true;
  }

  /** The full and the delta CRL of a shard. */
  async published(
    client: PoolClient,
    caId: string,
    shard: number,
  ): Promise<{ full?: CrlRow; delta?: CrlRow }> {
    const text = `SELECT ${columns} FROM revocation.crl WHERE ca_id = $1 AND shard = $2`;
    const { rows } = await client.query<Row>(text, [caId, shard]);
    const found = rows.map(crlRow);
    const full = found.find(({ delta }) => !delta);
    const delta = found.find((each) => each.delta);
    return { ...(full && { full }), ...(delta && { delta }) };
  }

  async changes(
    client: PoolClient,
    authority: KnownAuthority,
    { shard, since }: { shard: number; since: number },
  ): Promise<CrlEntries> {
    const values = [authority.caId, since, authority.shards, shard];
    const { rows } = await client.query<{
      serial: Buffer;
      revoked_at: number;
      reason: CrlReason;
      invalidity_date: number | null;
    }>(changesSql, values);
    const entries = new CrlEntries();
    for (const { serial, revoked_at: revokedAt, reason, invalidity_date } of rows) {
      entries.add({
        serial,
        revokedAt,
        reason,
        ...(invalidity_date !== null && { invalidityDate: invalidity_date }),
      });
    }
    return entries;
  }

  /** Publishes a CRL with the event that tells of it. @returns false when a newer one is published already */
  async publish(client: PoolClient, crl: Omit<StoredCrl, 'generatedAt'>, cause: CrlCause): Promise<boolean> {
    const message = create(CrlGeneratedSchema, {
      ...{ customerId: crl.customerId, caId: crl.caId, shard: crl.shard, delta: crl.delta },
      number: String(crl.number),
      nextUpdate: BigInt(Math.floor(crl.nextUpdate / 1000)),
    });
    const { rowCount } = await client.query(publishSql, [
      ...[crl.caId, crl.shard, crl.delta, crl.customerId, crl.number, crl.base ?? null, crl.baseSequence],
      ...[crl.journalSequence, new Date(crl.thisUpdate), new Date(crl.nextUpdate), new Date(crl.scheduledAt)],
      ...[crl.durationMs, crl.revokedCount, crl.der, cause],
      ...[events.crlGenerated.type, Buffer.from(toBinary(CrlGeneratedSchema, message))],
    ]);
    return rowCount === 1;
  }

  /** Keeps that a CRL could not be made, and why. */
  async noteFailure(
    client: PoolClient,
    { caId, customerId, shard, delta }: Pick<CrlRow, 'caId' | 'customerId' | 'shard' | 'delta'>,
    { cause, problem }: { cause: CrlCause; problem: string },
  ): Promise<void> {
    const values = [caId, shard, delta, customerId, cause, problem];
    await client.query(noteSql, values);
  }

  /** A published CRL with its octets. */
  load(authority: KnownAuthority, { shard, delta }: CrlName): Promise<StoredCrl | undefined> {
    return this.within(authority, async (client) => {
      const text = `SELECT ${columns}, der FROM revocation.crl WHERE ca_id = $1 AND shard = $2 AND delta = $3`;
      const values = [authority.caId, shard, delta];
      const { rows } = await client.query<Row & { der: Buffer }>(text, values);
      return rows[0] && { ...crlRow(rows[0]), der: rows[0].der };
    });
  }

  /** The shards whose CRL lacks what the journal has. */
  behind(): Promise<{ caId: string; shard: number }[]> {
    return withEveryCustomer(this.pool, async (client) => {
      const { rows } = await client.query<{ ca_id: string; shard: number }>({
        name: 'crls_behind',
        text: behindSql,
      });
      return rows.map(({ ca_id: caId, shard }) => ({ caId, shard }));
    });
  }

  /** What was published after a time, on any replica; Unix milliseconds. */
  since(generatedAt: number): Promise<CrlRow[]> {
    return withEveryCustomer(this.pool, async (client) => {
      const text = `SELECT ${columns} FROM revocation.crl WHERE generated_at > $1`;
      const { rows } = await client.query<Row>(text, [new Date(generatedAt)]);
      return rows.map(crlRow);
    });
  }
}

export function crlRow(row: Row): CrlRow {
  return {
    caId: row.ca_id,
    shard: row.shard,
    delta: row.delta,
    customerId: row.customer_id,
    number: BigInt(row.number),
    base: row.base === null ? undefined : BigInt(row.base),
    baseSequence: Number(row.base_sequence),
    journalSequence: Number(row.journal_sequence),
    thisUpdate: row.this_update.getTime(),
    nextUpdate: row.next_update.getTime(),
    scheduledAt: row.scheduled_at.getTime(),
    generatedAt: row.generated_at.getTime(),
    durationMs: row.duration_ms,
    revokedCount: Number(row.revoked_count),
  };
}
