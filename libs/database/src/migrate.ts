import pg from 'pg';
import { DataSource, type Logger as TypeOrmLogger } from 'typeorm';
import type { ServiceName } from '#libs/config';
import { sqlState } from './database-error.js';
import { type MigrationSet, migrationsTable, missingMigrations } from './migration-set.js';
import { serviceRole } from './settings.js';

export interface MigrateOptions {
  /** Password of each service's role; a role without one here keeps what it has, or cannot log in yet. */
  readonly passwords?: Partial<Record<ServiceName, string>>;
}

export interface MigrationReport {
  /** Names of the migrations that ran now, in order. */
  readonly executed: readonly string[];
}

/** Key of the advisory lock that one migrating process holds: 'stackrun' in ASCII. */
const lockKey = BigInt('0x737461636b72756e');

/**
 * Creates the services' roles and schemas and brings the schemas up to date. Safe to run again, and safe to
 * run twice at once: the second waits for the first and finds nothing to do.
 *
 * @param ownerUrl a role that may create roles and schemas; it owns every table
 */
export async function migrate(
  ownerUrl: string,
  sets: readonly MigrationSet[],
  options: MigrateOptions = {},
): Promise<MigrationReport> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'stackrunner migrate' });
  // An error without a query under way would otherwise end the process; the next query reports it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    const executed: string[] = [];
    for (const set of sets) {
      await prepareService(client, set.service, options.passwords?.[set.service]);
      if (await isCurrent(client, set)) continue;
      executed.push(...(await runMigrations(ownerUrl, set)));
    }
    return { executed };
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}

async function prepareService(client: pg.Client, service: ServiceName, password?: string): Promise<void> {
  const role = serviceRole(service);
  await patiently(async () => {
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN`);
    if (password !== undefined) {
      await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    }
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${service}`);
    await client.query(`GRANT USAGE ON SCHEMA ${service} TO ${role}`);
    // New functions are for everybody unless told otherwise.
    await client.query('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC');
  });
}

/** Roles belong to the whole cluster, the lock to one database: two databases may meet at the same role. */
async function patiently(work: () => Promise<void>): Promise<void> {
  const meetings = ['42710', '23505', 'XX000']; // duplicate_object, unique_violation, "tuple concurrently updated"
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 10 || !meetings.includes(sqlState(error) ?? '')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}

/** A look that is cheaper than TypeORM's: most starts find nothing to do. */
async function isCurrent(client: pg.Client, set: MigrationSet): Promise<boolean> {
  const table = `${set.service}.${migrationsTable}`;
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    table,
  ]);
  if (!rows[0]?.there) return false;
  const done = await client.query<{ name: string }>(`SELECT name FROM ${table}`);
  return missingMigrations(set, done.rows).length === 0;
}

/** What fails is thrown; TypeORM would also print it. */
const silent: TypeOrmLogger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

async function runMigrations(ownerUrl: string, { service, migrations }: MigrationSet): Promise<string[]> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    schema: service,
    migrations: [...migrations],
    migrationsTableName: migrationsTable,
    migrationsTransactionMode: 'each',
    installExtensions: false,
    logger: silent,
    poolSize: 1,
    applicationName: `stackrunner migrate ${service}`,
  });
  await dataSource.initialize();
  try {
    const executed = await dataSource.runMigrations();
    await dataSource.query(`GRANT SELECT ON ${service}.${migrationsTable} TO ${serviceRole(service)}`);
    return executed.map((migration) => migration.name);
  } finally {
    await dataSource.destroy();
  }
}
