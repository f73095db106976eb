import type pg from 'pg';
import { DomainError } from '#libs/errors';
import { isUnavailable, sqlState } from './database-error.js';
import { type MigrationSet, migrationsTable, missingMigrations } from './migration-set.js';

/**
 * Checks that every migration of a service has run. Newer ones are fine: migrations are backward compatible
 * for one version.
 *
 * @throws DomainError `storage_unavailable` that says what is missing
 */
export async function checkSchema(pool: pg.Pool, set: MigrationSet): Promise<void> {
  const { service } = set;
  try {
    const { rows } = await pool.query<{ name: string }>(`SELECT name FROM ${service}.${migrationsTable}`);
    const [first] = missingMigrations(set, rows);
    if (first) throw new DomainError('storage_unavailable', `The schema ${service} lacks ${first}.`);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError('storage_unavailable', whyNot(service, error), { cause: error });
  }
}

function whyNot(service: string, error: unknown): string {
  // undefined_table, invalid_schema_name, insufficient_privilege
  if (['42P01', '3F000', '42501'].includes(sqlState(error) ?? ''))
    return `The schema ${service} is not there.`;
  // invalid_password, invalid_authorization_specification: also before the role is made
  if (['28P01', '28000'].includes(sqlState(error) ?? ''))
    return `The database refuses the role of ${service}.`;
  if (isUnavailable(error)) return 'The database does not answer.';
  return error instanceof Error ? error.message : String(error);
}

export interface WaitOptions {
  /** Told once for every new reason to wait. */
  readonly onWait?: (reason: string) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds between two looks. Default 250. */
  readonly intervalMs?: number;
}

/** Waits until a service's schema is current, so that services and migrations may start in any order. */
export async function waitForSchema(
  pool: pg.Pool,
  set: MigrationSet,
  options: WaitOptions = {},
): Promise<void> {
  let told = '';
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await checkSchema(pool, set);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== told) options.onWait?.(reason);
      told = reason;
    }
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 250));
  }
}
