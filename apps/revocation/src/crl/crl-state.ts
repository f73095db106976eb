import type { PoolClient } from 'pg';
import { CrlEntries, type CrlEntry, type CrlReason, crlReasons, crlShardOf } from '#libs/x509';
import type { KnownAuthority } from '../authority/known-authority.js';
import { ShardChanges } from './shard-changes.js';

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
  changes: ShardChanges;
}

/** Rows of one kind: `octets` has the time of each, in PostgreSQL's own form, and its serial number behind it. */
interface RevokedGroup {
  readonly sequence: string;
  readonly reason: CrlReason;
  /** Octets of each serial number. */
  readonly length: number;
  /** Unix milliseconds. */
  readonly invalidity_date: number | null;
  /** Unix milliseconds: of the first that expires. */
  readonly expires_at: number;
  /** Null in the one row that says that there is none. */
  readonly octets: Buffer | null;
}

/**
 * One statement is one snapshot: the sequence is that of the rows. PostgreSQL packs them: to send, parse and hold a row
 * of its own for each takes ten times as long as to encode it. The last octet bounds what one group has to hold.
 */
const loadSql = `
  SELECT h.sequence, g.reason, g.length, g.expires_at, g.octets,
    extract(epoch FROM g.invalidity_date)::float8 * 1000 AS invalidity_date
  FROM (SELECT coalesce(max(sequence), 0) AS sequence FROM revocation.journal_head WHERE customer_id = $1) h
  LEFT JOIN (
    SELECT r.reason, octet_length(r.serial) AS length, r.invalidity_date,
      extract(epoch FROM min(r.expires_at))::float8 * 1000 AS expires_at,
      string_agg(timestamptz_send(r.revoked_at) || r.serial, '') AS octets
    FROM revocation.revoked r WHERE r.ca_id = $2 AND r.expires_at >= $3
    GROUP BY get_byte(r.serial, octet_length(r.serial) - 1), r.reason, octet_length(r.serial), r.invalidity_date
  ) g ON true`;

const catchUpSql = `
  SELECT sequence, serial, reason, extract(epoch FROM recorded_at)::float8 * 1000 AS recorded_at,
    extract(epoch FROM invalidity_date)::float8 * 1000 AS invalidity_date,
    extract(epoch FROM expires_at)::float8 * 1000 AS expires_at
  FROM revocation.journal WHERE ca_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`;

/** Rows, and groups of them, of one step: memory stays small, and other work gets its turn in between. */
const step = 10_000;
const groups = 16;

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
      changes: new ShardChanges(0),
    }));
  }

  /** @param since certificates that expired before are left out; Unix milliseconds */
  static async load(client: PoolClient, authority: KnownAuthority, since: number): Promise<CrlState> {
    const state = new CrlState(authority);
    const values = [authority.customerId, authority.caId, new Date(since)];
    // Its guess of the groups is far too high: it would sort on disk what it can count in memory.
    await client.query('SET LOCAL enable_sort = off');
    await client.query(`DECLARE revoked_of_ca NO SCROLL CURSOR FOR ${loadSql}`, values);
    for (;;) {
      const fetch = { name: 'fetch_revoked', text: `FETCH ${groups} FROM revoked_of_ca` };
      const { rows } = await client.query<RevokedGroup>(fetch);
      for (const row of rows) {
        state.sequence = Number(row.sequence);
        if (row.octets) state.#addGroup(row, row.octets);
      }
      if (rows.length < groups) break;
    }
    for (const shard of state.#shards) shard.changes = new ShardChanges(state.sequence);
    await client.query('CLOSE revoked_of_ca');
    await client.query('SET LOCAL enable_sort = on');
    return state;
  }

  /** Takes in what the journal gained. */
  async catchUp(client: PoolClient): Promise<void> {
    for (;;) {
      const values = [this.authority.caId, this.sequence, step];
      const { rows } = await client.query<JournalRow>(catchUpSql, values);
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

  /**
   * What the delta CRL of a shard lists, on top of a full CRL that has the journal up to `sequence`.
   *
   * @returns undefined when that was before this was loaded
   */
  changes(shard: number, sequence: number): CrlEntries | undefined {
    return this.#shards[shard]?.changes.after(sequence);
  }

  #apply(row: JournalRow): void {
    const { changes, holds } = this.#shardOf(row.serial);
    const sequence = Number(row.sequence);
    const id = row.serial.toString('hex');
    const held = holds.get(id);
    if (row.reason === crlReasons.removeFromCRL) {
      holds.delete(id);
      changes.add(sequence, { serial: row.serial, revokedAt: row.recorded_at, reason: row.reason });
      return;
    }
    // What was on hold keeps the time of the hold when it becomes final.
    const revoked = { ...row, revoked_at: held?.revoked_at ?? row.recorded_at };
    this.#add(revoked);
    changes.add(sequence, entryOf(revoked));
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

  #addGroup({ reason, length, invalidity_date, expires_at }: RevokedGroup, packed: Buffer): void {
    this.earliestExpiry = Math.min(this.earliestExpiry, expires_at);
    const octets = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    for (let at = 0; at < packed.length; at += timeOctets + length) {
      const start = at + timeOctets;
      const stop = start + length;
      const revokedAt = readTimestamp(octets, at);
      const shard = this.#shardOf(packed, start, stop);
      this.latest = Math.max(this.latest, revokedAt);
      if (reason === crlReasons.certificateHold) {
        const serial = Buffer.from(packed.subarray(start, stop));
        shard.holds.set(serial.toString('hex'), {
          serial,
          revoked_at: revokedAt,
          reason,
          invalidity_date,
          expires_at,
        });
      } else {
        shard.final.addSpan({ octets, start, stop }, factsOf(revokedAt, reason, invalidity_date));
      }
    }
  }

  #shardOf(octets: Uint8Array, start = 0, stop = octets.length): Shard {
    const shard = this.#shards[crlShardOf(octets, this.#shards.length, start, stop)];
    if (!shard) throw new RangeError('a CA has at least one shard');
    return shard;
  }
}

const timeOctets = 8;
/** PostgreSQL counts microseconds from 2000, in 64 bits. */
const postgresEpoch = Date.UTC(2000, 0, 1);

/** @returns Unix milliseconds */
function readTimestamp(octets: DataView, at: number): number {
  return (octets.getInt32(at) * 2 ** 32 + octets.getUint32(at + 4)) / 1000 + postgresEpoch;
}

function entryOf({ serial, revoked_at, reason, invalidity_date }: RevokedRow): CrlEntry {
  return { serial, ...factsOf(revoked_at, reason, invalidity_date) };
}

function factsOf(
  revokedAt: number,
  reason: CrlReason,
  invalidityDate: number | null,
): Omit<CrlEntry, 'serial'> {
  return invalidityDate === null ? { revokedAt, reason } : { revokedAt, reason, invalidityDate };
}
