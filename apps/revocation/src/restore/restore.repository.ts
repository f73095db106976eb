import type { Pool } from 'pg';
import { mapDatabaseError, withEveryCustomer } from '#libs/database';
import type { JournalEntry } from '../journal/journal-entry.js';
import type { RecordedHead } from './published-record.js';

/** What the check after a restore asks of the database. */
export class RestoreRepository {
  constructor(private readonly pool: Pool) {}

  /** How far each customer's journal has come. */
  heads(): Promise<Map<string, RecordedHead>> {
    return withEveryCustomer(this.pool, async (client) => {
      const { rows } = await client.query<{ customer_id: string; sequence: string; hash: Buffer }>(
        'SELECT customer_id, sequence, hash FROM revocation.journal_head',
      );
      return new Map(
        rows.map(({ customer_id, sequence, hash }) => [customer_id, { sequence: Number(sequence), hash }]),
      );
    });
  }

  /** Entries of all journals together: less than before means that they were restored. */
  entries(): Promise<number> {
    return withEveryCustomer(this.pool, async (client) => {
      const { rows } = await client.query<{ entries: string }>(
        'SELECT coalesce(sum(sequence), 0) AS entries FROM revocation.journal_head',
      );
      return Number(rows[0]?.entries ?? 0);
    });
  }

  /** The hash of one entry; undefined when there is none. */
  hashOf(customerId: string, sequence: number): Promise<Uint8Array | undefined> {
    return withEveryCustomer(this.pool, async (client) => {
      const { rows } = await client.query<{ hash: Buffer }>(
        'SELECT hash FROM revocation.journal WHERE customer_id = $1 AND sequence = $2',
        [customerId, sequence],
      );
      return rows[0]?.hash;
    });
  }

  /**
   * Adds entries that the database has lost, exactly as they were.
   *
   * @returns how many it had not
   * @throws DomainError when they do not follow from what it has
   */
  async replay(customerId: string, entries: readonly JournalEntry[]): Promise<number> {
    const json = JSON.stringify(entries.map(replayed));
    try {
      const { rows } = await this.pool.query<{ added: string }>(
        'SELECT revocation.replay_journal($1, $2) AS added',
        [customerId, json],
      );
      return Number(rows[0]?.added ?? 0);
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }
}

function replayed(entry: JournalEntry): Record<string, unknown> {
  const { recordedAt, invalidityDate, expiresAt, actor } = entry;
  return {
    sequence: entry.sequence,
    ca_id: entry.caId,
    serial: Buffer.from(entry.serial).toString('hex'),
    reason: entry.reason,
    recorded_at: new Date(recordedAt).toISOString(),
    ...(invalidityDate !== undefined && { invalidity_date: new Date(invalidityDate).toISOString() }),
    expires_at: new Date(expiresAt).toISOString(),
    actor_kind: actor.kind,
    actor_id: actor.id,
    ...(entry.jobId !== undefined && { job_id: entry.jobId }),
    hash: Buffer.from(entry.hash).toString('hex'),
  };
}
