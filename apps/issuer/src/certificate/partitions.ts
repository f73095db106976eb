import type { Pool } from 'pg';

/**
 * Months ahead that have their partition. Birth certificates live a year, so thirteen are needed; the rest is
 * time to notice that the job does not run. Until then the default partition takes what comes.
 */
const monthsAhead = 15;

/**
 * Makes the partitions of this month and the months ahead; those that exist stay.
 *
 * @param now epoch milliseconds
 */
export async function ensurePartitions(pool: Pool, now: number): Promise<void> {
  await pool.query('SELECT issuer.ensure_partitions($1, $2)', [new Date(now).toISOString(), monthsAhead]);
}
