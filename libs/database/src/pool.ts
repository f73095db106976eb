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
  // Without a listener, a server's restart would end the process.
  pool.on('error', options.onIdleError ?? (() => undefined));
  return pool;
}
