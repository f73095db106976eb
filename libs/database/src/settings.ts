import type { ServiceName } from '#libs/config';
import { PreparingClient } from './preparing-client.js';

/** How a service reaches PostgreSQL; `DatabaseConfig` of `#libs/config` is one. */
export interface DatabaseSettings {
  /** `postgres://role:password@host:port/database`. */
  readonly url: string;
  /** Most connections of one pool. */
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
}

/** A service's role in PostgreSQL: it logs in with it and owns nothing. */
export function serviceRole(service: ServiceName): string {
  return `stackrunner_${service}`;
}

/** What node-postgres is told for every connection of a service, in its pools and in TypeORM's. */
export function connectionOptions(settings: DatabaseSettings, applicationName: string) {
  return {
    Client: PreparingClient,
    max: settings.poolSize,
    application_name: applicationName,
    // A connection that cannot be had in time is an answer of 503, not a request that hangs.
    connectionTimeoutMillis: Math.min(settings.statementTimeoutMs, 5_000),
    statement_timeout: settings.statementTimeoutMs,
    // The server's own limit is blind to a dead network: the client gives up a second later.
    query_timeout: settings.statementTimeoutMs + 1_000,
    // A client that died within a transaction must not hold its row locks for long.
    idle_in_transaction_session_timeout: 2 * settings.statementTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}
