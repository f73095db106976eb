import type { Pool } from 'pg';
import { mapDatabaseError, withTenant } from '#libs/database';
import { dateOf } from './month.js';

/** What a customer used in one month. */
export interface Usage {
  /** Unix milliseconds: the first moment of the month. */
  readonly month: number;
  readonly issued: bigint;
  /** How many of them the audit trail tells of. */
  readonly inTrail: bigint;
  /** Unix milliseconds. */
  readonly takenAt: number;
}

interface Row {
  readonly month: string;
  readonly issued: string;
  readonly in_trail: string;
  readonly taken_at: Date;
}

/** The key of the advisory lock that the one who reconciles holds; PostgreSQL frees it when its connection ends. */
const leaderKey = "hashtextextended('billing.reconcile', 0)";

/** Months of customers, and which nights were reconciled. */
export class UsageRepository {
  constructor(private readonly pool: Pool) {}

  /**
   * Certificates that the audit trail tells of.
   *
   * @param span Unix milliseconds, the end excluded
   */
  countInTrail(
    customerId: string,
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<bigint> {
    return withTenant(this.pool, customerId, async (client) => {
      // It reads every entry of the customer's, at night or when an operator asks.
      await client.query("SET LOCAL statement_timeout = '120s'");
      const { rows } = await client.query<{ count: string }>(
        `SELECT coalesce(sum(jsonb_array_length(issue.body #> '{details,serials}')), 0) AS count
         FROM (
           SELECT body::jsonb AS body FROM billing.audit_event
           WHERE customer_id = $1 AND recorded_at >= $2 AND body LIKE '{"action":"issue",%'
         ) issue
         WHERE (issue.body ->> 'at')::timestamptz >= $2 AND (issue.body ->> 'at')::timestamptz < $3`,
        [customerId, new Date(from), new Date(to)],
      );
      return BigInt(rows[0]?.count ?? 0);
    });
  }

  save(customerId: string, { month, issued, inTrail, takenAt }: Usage): Promise<void> {
    return withTenant(this.pool, customerId, async (client) => {
      await client.query(
        `INSERT INTO billing.usage_snapshot (customer_id, month, issued, in_trail, taken_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (customer_id, month) DO UPDATE
           SET issued = excluded.issued, in_trail = excluded.in_trail, taken_at = excluded.taken_at
         WHERE usage_snapshot.taken_at <= excluded.taken_at`,
        [customerId, dateOf(month), issued, inTrail, new Date(takenAt)],
      );
    });
  }

  /** The latest month first. */
  list(customerId: string): Promise<Usage[]> {
    return withTenant(this.pool, customerId, async (client) => {
      const { rows } = await client.query<Row>(
        `SELECT month::text, issued, in_trail, taken_at FROM billing.usage_snapshot
         WHERE customer_id = $1 ORDER BY month DESC`,
        [customerId],
      );
      return rows.map((row) => ({
        month: Date.parse(row.month),
        issued: BigInt(row.issued),
        inTrail: BigInt(row.in_trail),
        takenAt: row.taken_at.getTime(),
      }));
    });
  }

  /** @param night as `2026-03-01` */
  async isReconciled(night: string): Promise<boolean> {
    const { rowCount } = await this.pool.query('SELECT FROM billing.reconciled_night WHERE night = $1', [
      night,
    ]);
    return rowCount === 1;
  }

  async markReconciled(night: string, finishedAt: number): Promise<void> {
    await this.pool.query('INSERT INTO billing.reconciled_night VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      night,
      new Date(finishedAt),
    ]);
  }

  /**
   * Runs work as the only one of all replicas.
   *
   * @returns undefined, without running it, while another does
   */
  async alone<T>(work: () => Promise<T>): Promise<T | undefined> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw mapDatabaseError(error);
    });
    try {
      const { rows } = await client.query<{ leads: boolean }>(
        `SELECT pg_try_advisory_lock(${leaderKey}) AS leads`,
      );
      if (rows[0]?.leads !== true) return undefined;
      try {
        return await work();
      } finally {
        await client.query(`SELECT pg_advisory_unlock(${leaderKey})`);
      }
    } finally {
      client.release();
    }
  }
}
