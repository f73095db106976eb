import type pg from 'pg';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { mapDatabaseError } from './database-error.js';
import { createPool } from './pool.js';
import { withTenant } from './tenant-scope.js';

const customer = '00000000-0000-4000-8000-00000000000a';

describe('the pool', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await testDatabase([{ service: 'issuer', migrations: [] }]);
  });
  afterAll(() => database?.drop());
  beforeEach(() => {
    pool = createPool(
      { ...database.settings('issuer'), poolSize: 2, statementTimeoutMs: 300 },
      { service: 'issuer' },
    );
  });
  afterEach(() => pool.end());

  const storageUnavailable = expect.objectContaining({ code: 'storage_unavailable' });
  const endSessions = () =>
    database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'stackrunner_issuer'",
    );

  it('names itself to PostgreSQL', async () => {
    const { rows } = await pool.query("SELECT current_setting('application_name') AS name");
    expect(rows).toEqual([{ name: 'stackrunner issuer' }]);
  });

  it('prepares what has parameters once a connection, and nothing without end', async () => {
    const client = await pool.connect();
    const prepared = async () => {
      const { rows } = await client.query<{ statement: string }>(
        'SELECT statement FROM pg_prepared_statements WHERE NOT from_sql',
      );
      return rows.map(({ statement }) => statement);
    };
    for (const value of [1, 2, 3]) {
      expect((await client.query('SELECT $1::int AS value', [value])).rows).toEqual([{ value }]);
    }
    await client.query('SELECT 1');
    expect(await prepared()).toEqual(['SELECT $1::int AS value']);
    for (let each = 0; each < 1_100; each++) await client.query(`SELECT $1::int + ${each}`, [1]);
    expect((await prepared()).length).toBe(1_000);
    expect((await client.query('SELECT $1::int + 5000 AS sum', [1])).rows).toEqual([{ sum: 5001 }]);
    client.release();
  });

  it('gives up on a slow statement, and goes on', async () => {
    const slow = withTenant(pool, customer, (client) => client.query('SELECT pg_sleep(5)'));
    await expect(slow).rejects.toEqual(storageUnavailable);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('gives up waiting for a connection', async () => {
    const held = await Promise.all([pool.connect(), pool.connect()]);
    const late = withTenant(pool, customer, (client) => client.query('SELECT 1'));
    await expect(late).rejects.toEqual(storageUnavailable);
    for (const client of held) client.release();
  });

  it('survives the end of its sessions: idle, in a transaction, and in a statement', async () => {
    await pool.query('SELECT 1');
    await endSessions();
    const interrupted = withTenant(pool, customer, async (client) => {
      await endSessions();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await client.query('SELECT 1');
    });
    await expect(interrupted).rejects.toEqual(storageUnavailable);
    const busy = withTenant(pool, customer, (client) => client.query('SELECT pg_sleep(0.2)'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await endSessions();
    await expect(busy).rejects.toEqual(storageUnavailable);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('says that the storage is unavailable where no server is', async () => {
    const nowhere = createPool(
      { url: 'postgres://x:y@127.0.0.1:1/x', poolSize: 1, statementTimeoutMs: 300 },
      { service: 'issuer' },
    );
    const failed = await nowhere.query('SELECT 1').catch((error: unknown) => mapDatabaseError(error));
    expect(failed).toEqual(storageUnavailable);
    await expect(withTenant(nowhere, customer, async () => undefined)).rejects.toEqual(storageUnavailable);
    await nowhere.end();
  });
});
