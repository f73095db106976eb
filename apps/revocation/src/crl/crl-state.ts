import type { PoolClient } from 'pg';
import { CrlEntries, type CrlReason, crlReasons } from '#libs/x509';
import type { KnownAuthority } from '../authority/known-authority.js';
import { shardOf } from './crl-file.js';

/** A revoked certificate as the tables have it. */
interface RevokedRow {
  readonly serial: Buffer;
  /** Unix milliseconds. */
  readonly revoked_at: number;
  readonly reason: CrlReason;
  /** Unix milliseconds. */
  readonly invalidity_date: number | null;
  /** Unix milliseconds. */
  readonly expires_at: number;
}

interface JournalRow extends Omit<RevokedRow, 'revoked_at'> {
  readonly sequence: string;
  readonly recorded_at: number;
}

interface Shard {
  /** Revoked for good, encoded. */
  readonly final: CrlEntries;
  /** On hold: few, and they may go. */
  readonly holds: Map<string, RevokedRow>;
}

/** One statement is one snapshot: the sequence is that of the rows. */
const loadSql = `
  SELECT h.sequence, r.serial, extract(epoch FROM r.revoked_at)::float8 * 1000 AS revoked_at, r.reason,
    extract(epoch FROM r.invalidity_date)::float8 * 1000 AS invalidity_date,
    extract(epoch FROM r.expires_at)::float8 * 1000 AS expires_at
  FROM (SELECT coalesce(max(sequence), 0) AS sequence FROM revocation.journal_head WHERE customer_id = $1) h
  LEFT JOIN revocation.revoked r ON r.ca_id = $2 AND r.expires_at >= $3`;

const catchUpSql = `
  SELECT sequence, serial, reason, extract(epoch FROM recorded_at)::float8 * 1000 AS recorded_at,
    extract(epoch FROM invalidity_date)::float8 * 1000 AS invalidity_date,
    extract(epoch FROM expires_at)::float8 * 1000 AS expires_at
  FROM revocation.journal WHERE ca_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`;

/** Rows of one step: memory stays small, and other work gets its turn in between. */
const step = 10_000;

/**
 * What the CRLs of one CA list, kept encoded: a revocation adds some 40 octets, and nothing is read again.
 *
 * Every entry of the journal up to `sequence` is in it. What expired is dropped when it is loaded anew.
 */
export class CrlState {
  readonly #shards: readonly Shard[];
  /** Of the customer's journal. */
  sequence = 0;
  /** When the first of the listed certificates expires, in Unix milliseconds. */
  earliestExpiry = Number.POSITIVE_INFINITY;

  /** The latest revocation, in Unix milliseconds; by another replica's clock it may be ahead of ours. */
  latest = 0;

  private constructor(private readonly authority: KnownAuthority) {
    this.#shards = Array.from({ length: authority.shards }, () => ({
      final: new CrlEntries(),
      holds: new Map<string, RevokedRow>(),
    }));
  }

  /** @param since certificates that expired before are left out; Unix milliseconds */
  static async load(client: PoolClient, authority: KnownAuthority, since: number): Promise<CrlState> {
    const state = new CrlState(authority);
    const values = [authority.customerId, authority.caId, new Date(since)];
    await client.query(`DECLARE revoked_of_ca NO SCROLL CURSOR FOR ${loadSql}`, values);
    for (;;) {
      const fetch = { name: 'fetch_revoked', text: `FETCH ${step} FROM revoked_of_ca` };
      const { rows } = await client.query<Partial<RevokedRow> & { sequence: string }>(fetch);
      for (const row of rows) {
        state.sequence = Number(row.sequence);
        if (row.serial) state.#add(row as RevokedRow);
      }
      if (rows.length < step) break;
    }
    await client.query('CLOSE revoked_of_ca');
    return state;
  }

  /** Takes in what the journal gained. */
  async catchUp(client: PoolClient): Promise<void> {
    for (;;) {
      const values = [this.authority.caId, this.sequence, step];
      const { rows } = await client.query<JournalRow>({ name: 'crl_catch_up', text: catchUpSql, values });
      for (const row of rows) {
        this.#apply(row);
        this.sequence = Number(row.sequence);
      }
      if (rows.length < step) return;
    }
  }

  count(shard: number): number {
    const found = this.#shards[shard];
    return found ? found.final.count + found.holds.size : 0;
  }

  /** What the CRL of a shard lists; right until the state changes. */
  entries(shard: number): CrlEntries {
    const found = this.#shards[shard];
    if (!found) return new CrlEntries();
    if (found.holds.size === 0) return found.final;
    const all = found.final.copy();
    for (const held of found.holds.values()) all.add(entryOf(held));
    return all;
  }

  #apply(row: JournalRow): void {
    const shard = this.#shardOf(row.serial);
    const id = row.serial.toString('hex');
    const held = shard.holds.get(id);
    if (row.reason === crlReasons.removeFromCRL) {
      shard.holds.delete(id);
      return;
    }
    // What was on hold keeps the time of the hold when it becomes final.
    this.#add({ ...row, revoked_at: held?.revoked_at ?? row.recorded_at });
  }

  #add(row: RevokedRow): void {
    const shard = this.#shardOf(row.serial);
    const id = row.serial.toString('hex');
    this.earliestExpiry = Math.min(this.earliestExpiry, row.expires_at);
    this.latest = Math.max(this.latest, row.revoked_at);
    if (row.reason === crlReasons.certificateHold) {
      shard.holds.set(id, row);
      return;
    }
    shard.holds.delete(id);
    shard.final.add(entryOf(row));
  }

  #shardOf(serial: Uint8Array): Shard {
    const shard = this.#shards[shardOf(serial, this.#shards.length)];
    if (!shard) throw new RangeError('a CA has at least one shard');
    return shard;
  }
}

function entryOf({ serial, revoked_at, reason, invalidity_date }: RevokedRow) {
  const revokedAt = revoked_at;
  return { serial, revokedAt, reason, ...(invalidity_date !== null && { invalidityDate: invalidity_date }) };
}
