import type { Pool } from 'pg';

/** Keys that one statement removes: it holds their locks no longer than a group of mints does. */
const purgeBatch = 1_000;

/**
 * Removes the idempotency keys that are older than 24 hours.
 *
 * @param now epoch milliseconds
 */
export async function purgeIdempotency(pool: Pool, now: number): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ purged: string }>(
      'SELECT issuer.purge_idempotency($1, $2) AS purged',
      [new Date(now).toISOString(), purgeBatch],
    );
    if (Number(rows[0]?.purged ?? 0) < purgeBatch) return;
  }
}
