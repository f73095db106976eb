import type { Pool } from 'pg';
import { mapDatabaseError, withTenant } from '#libs/database';
import type { AuditEntry } from './audit-entry.js';

/** What one event tells. */
export interface AuditDelivery {
  readonly eventId: string;
  readonly entries: readonly AuditEntry[];
}

export interface TrailRow {
  readonly sequence: bigint;
  readonly recordedAt: Date;
  readonly hash: Buffer;
  readonly body: string;
}

export interface TrailPage {
  readonly entries: readonly TrailRow[];
  /** The last entry that there is; undefined when there is none. */
  readonly head: { readonly sequence: bigint; readonly hash: Buffer } | undefined;
}

interface Row {
  readonly sequence: string;
  readonly recorded_at: Date;
  readonly hash: Buffer;
  readonly body: string;
}

/** The audit trail: it is appended to, and read by one customer at a time. */
export class AuditRepository {
  constructor(private readonly pool: Pool) {}

  /**
   * Appends what these events tell, in one transaction; what was delivered before changes nothing.
   *
   * @returns how many entries are new
   */
  async append(deliveries: readonly AuditDelivery[]): Promise<number> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw mapDatabaseError(error);
    });
    let broken = false;
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ event_id: string }>(
        // Sorted, so that replicas that were given the same events cannot deadlock.
        `INSERT INTO billing.audit_delivery (event_id)
          SELECT id FROM unnest($1::text[]) AS each(id) ORDER BY id
          ON CONFLICT DO NOTHING RETURNING event_id`,
        [[...new Set(deliveries.map(({ eventId }) => eventId))]],
      );
      const fresh = new Set(rows.map(({ event_id: id }) => id));
      const entries = deliveries
        // Twice in one call is once.
        .flatMap(({ eventId, entries: told }) => (fresh.delete(eventId) ? told : []))
        .sort((one, other) =>
          one.customerId < other.customerId ? -1 : Number(one.customerId > other.customerId),
        );
      if (entries.length > 0) {
        await client.query('SELECT billing.append_audit($1, $2)', [
          entries.map(({ customerId }) => customerId),
          entries.map(({ body }) => body),
        ]);
      }
      await client.query('COMMIT');
      return entries.length;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {
        broken = true;
      });
      throw mapDatabaseError(error);
    } finally {
      client.release(broken);
    }
  }

  /** @param after a sequence; 0 for the first page */
  read(customerId: string, after: bigint, limit: number): Promise<TrailPage> {
    return withTenant(this.pool, customerId, async (client) => {
      // The head first: it is then never behind the entries' end by more than what came meanwhile.
      const heads = await client.query<{ sequence: string; hash: Buffer }>(
        'SELECT sequence, hash FROM billing.audit_head WHERE customer_id = $1',
        [customerId],
      );
      const { rows } = await client.query<Row>(
        `SELECT sequence, recorded_at, hash, body FROM billing.audit_event
         WHERE customer_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`,
        [customerId, after.toString(), limit],
      );
      const [head] = heads.rows;
      return {
        entries: rows.map((row) => ({
          sequence: BigInt(row.sequence),
          recordedAt: row.recorded_at,
          hash: row.hash,
          body: row.body,
        })),
        head: head && { sequence: BigInt(head.sequence), hash: head.hash },
      };
    });
  }

  /** Forgets deliveries that are too old to come again. */
  async forgetDeliveries(before: Date): Promise<void> {
    await this.pool.query('DELETE FROM billing.audit_delivery WHERE delivered_at < $1', [before]);
  }
}
