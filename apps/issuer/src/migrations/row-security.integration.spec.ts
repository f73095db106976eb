import pg from 'pg';
import { createPool, sqlState, withTenant } from '#libs/database';
import { FixedClock } from '#libs/testing';
import { KeyProblemRepository } from '../key-problem/key-problem.repository.js';
import type { Ledger } from '../mint/mint.ledger.js';
import { ledgerEntry } from '../testing/ledger-entry.js';
import { LedgerHarness } from '../testing/ledger-harness.js';

describe("the issuer's role", () => {
  const clock = new FixedClock('2026-03-10T12:00:00Z');
  let harness: LedgerHarness;
  let ledger: Ledger;
  let pool: pg.Pool;
  let mine: string;
  let theirs: string;

  beforeAll(async () => {
    harness = await LedgerHarness.start(clock);
    ledger = harness.ledger();
    pool = createPool(harness.database.settings('issuer'), { service: 'issuer' });
    mine = await harness.customer();
    theirs = await harness.customer();
    for (const customerId of [mine, theirs])
      await ledger.record(ledgerEntry({ customerId, count: 2, key: 'k' }));
    const problem = { keyRef: 'aws:key', reason: 'key_disabled', message: 'disabled', lastAt: clock.now() };
    for (const customerId of [mine, theirs]) await new KeyProblemRepository(pool).note(customerId, problem);
  });
  afterAll(async () => {
    await pool.end();
    await harness.stop();
  });

  const count = async (table: string, as?: string): Promise<number> => {
    const sql = `SELECT count(*)::int AS n FROM issuer.${table}`;
    const rows = as
      ? (await withTenant(pool, as, (client) => client.query<{ n: number }>(sql))).rows
      : (await pool.query<{ n: number }>(sql)).rows;
    return rows[0]?.n ?? -1;
  };
  const stateOf = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(
      () => 'allowed',
      (error: unknown) => sqlState(error),
    );
  const denied = '42501';

  it.each([
    ['certificate', 2],
    ['quota', 1],
    ['idempotency', 1],
    ['key_problem', 1],
  ])('sees in %s the rows of the customer it acts for, and none without one', async (table, rows) => {
    expect(await count(table, mine)).toBe(rows);
    expect(await count(table)).toBe(0);
    const foreign = await withTenant(pool, mine, (client) =>
      client.query(`SELECT FROM issuer.${table} WHERE customer_id = $1`, [theirs]),
    );
    expect(foreign.rowCount).toBe(0);
  });

  it.each([
    'INSERT INTO issuer.certificate (serial, expires_on) VALUES (NULL, NULL)',
    'UPDATE issuer.certificate SET batch_number = 1',
    'DELETE FROM issuer.certificate',
    'UPDATE issuer.quota SET used_in_month = 0',
    'INSERT INTO issuer.quota (customer_id, entitlement_version) VALUES (gen_random_uuid(), 1)',
    'DELETE FROM issuer.idempotency',
    'UPDATE issuer.idempotency SET expires_at = now()',
    'TRUNCATE issuer.certificate',
    'DELETE FROM issuer.authority',
    'SELECT FROM issuer.certificate_2026_03',
    'SELECT FROM issuer.certificate_default',
  ])('may not: %s', async (sql) => {
    expect(await stateOf(withTenant(pool, mine, (client) => client.query(sql)))).toBe(denied);
  });

  it('cannot write what it knows of another customer', async () => {
    const sql = "INSERT INTO issuer.customer (customer_id, handle, status, version) VALUES ($1, 'x', 2, 1)";
    expect(await stateOf(withTenant(pool, mine, (client) => client.query(sql, [theirs])))).toBe(denied);
    expect(await stateOf(withTenant(pool, mine, (client) => client.query(sql, [mine])))).toBe('allowed');
  });

  it('gets at the functions, and no other role does', async () => {
    const sql = 'SELECT issuer.purge_idempotency(now(), 1)';
    expect(await stateOf(pool.query(sql))).toBe('allowed');
    await harness.database.query(`DO $$ BEGIN
      CREATE ROLE stackrunner_stranger LOGIN PASSWORD 'x';
    EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
    await harness.database.query('GRANT USAGE ON SCHEMA issuer TO stackrunner_stranger');
    const url = new URL(harness.database.ownerUrl);
    url.username = 'stackrunner_stranger';
    url.password = 'x';
    const stranger = new pg.Client({ connectionString: url.href });
    await stranger.connect();
    for (const name of ['record_mints', 'ensure_partitions', 'apply_entitlement', 'purge_idempotency']) {
      const [row] = (
        await stranger.query<{ may: boolean }>(
          `SELECT has_function_privilege(oid, 'EXECUTE') AS may FROM pg_proc
           WHERE proname = $1 AND pronamespace = 'issuer'::regnamespace`,
          [name],
        )
      ).rows;
      expect(row?.may).toBe(false);
    }
    await stranger.end();
  });
});
