import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type ServiceName, serviceNames } from '#libs/config';
import { type DatabaseSettings, type MigrationSet, migrate, serviceRole } from '#libs/database';
import { type SharedPostgres, sharedPostgresVariable, startSharedPostgres } from './shared-postgres.js';

/** The same for every test database: roles belong to the whole server, and tests run side by side. */
const rolePassword = 'for-tests-only';

/** A database of one test file, with the roles and schemas of the services it asked for. */
export interface TestDatabase {
  /** As a superuser: sees every row, may change everything. */
  readonly ownerUrl: string;
  /** As a service's own role. */
  url(service: ServiceName): string;
  /** The same, as the settings that a service takes. */
  settings(service: ServiceName): DatabaseSettings;
  /** Runs one statement as the superuser, to arrange or to look. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/**
 * A fresh database on the PostgreSQL of the test run, migrated. Without a run's server (a single unit file),
 * one is started for this database alone.
 */
export async function testDatabase(sets: readonly MigrationSet[] = []): Promise<TestDatabase> {
  const given = process.env[sharedPostgresVariable];
  const own: SharedPostgres | undefined = given ? undefined : await startSharedPostgres();
  const server = given ?? own?.url ?? '';
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, (client) => client.query(`CREATE DATABASE ${name}`));
  const ownerUrl = withDatabase(server, name);
  const passwords = Object.fromEntries(serviceNames.map((service) => [service, rolePassword]));
  await migrate(ownerUrl, sets, { passwords });
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 2 });
  pool.on('error', () => undefined);
  const url = (service: ServiceName) => withRole(ownerUrl, serviceRole(service), rolePassword);
  return {
    ownerUrl,
    url,
    settings: (service) => ({ url: url(service), poolSize: 4, statementTimeoutMs: 5_000 }),
    async query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) {
      return (await pool.query<Row>(sql, values)).rows;
    },
    async drop() {
      await pool.end();
      await onServer(server, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
      await own?.stop();
    },
  };
}

async function onServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

function withRole(url: string, role: string, password: string): string {
  const changed = new URL(url);
  changed.username = role;
  changed.password = password;
  return changed.href;
}
