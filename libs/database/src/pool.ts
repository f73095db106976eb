import pg from 'pg';
import type { ServiceName } from '#libs/config';
import { connectionOptions, type DatabaseSettings } from './settings.js';

export interface PoolOptions {
  readonly service: ServiceName;
  /** Told of a connection that broke while nobody used it; the pool replaces it by itself. */
  readonly onIdleError?: (error: Error) => void;
}

/**
 * A pool of plain node-postgres connections, for statements that TypeORM would slow down.
 * Nothing connects before the first query.
 */
export function createPool(settings: DatabaseSettings, options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: settings.url,
    ...connectionOptions(settings, `stackrunner ${options.service}`),
  });
  // A connection that breaks without a statement under way says so by an event; without a listener that would end
  // the process. The pool listens while it is idle, and nobody while it is checked out within a transaction.
  pool.on('error', options.onIdleError ?? (() => undefined));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
