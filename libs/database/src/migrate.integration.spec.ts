import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { migrate } from './migrate.js';
import { grant, type MigrationSet } from './migration-set.js';
import { createPool } from './pool.js';
import { checkSchema, waitForSchema } from './wait-for-schema.js';

class CreateThing1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // Slow enough for a second one to come along.
    await queryRunner.query(`
      SELECT pg_sleep(0.2);
      CREATE TABLE billing.thing (id int PRIMARY KEY);
      ${grant('billing', 'SELECT', 'billing.thing')}
      CREATE FUNCTION billing.secret() RETURNS int LANGUAGE sql AS 'SELECT 7';
    `);
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE billing.thing');
  }
}
class WidenThing1700000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE billing.thing ADD name text');
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE billing.thing DROP name');
  }
}
class BreakThing1700000000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE TABLE billing.half ()');
    await queryRunner.query('SELECT no_such_function()');
  }
  async down(): Promise<void> {
    return undefined;
  }
}

const first: MigrationSet = { service: 'billing', migrations: [CreateThing1700000000000] };
const both: MigrationSet = {
  service: 'billing',
  migrations: [CreateThing1700000000000, WidenThing1700000000001],
};

describe('migrations', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await testDatabase();
  });
  afterEach(() => database.drop());

  const passwords = { billing: 'for-tests-only' };

  it('run once, in order, and again only what is new', async () => {
    expect((await migrate(database.ownerUrl, [first], { passwords })).executed).toEqual([
      'CreateThing1700000000000',
    ]);
    expect((await migrate(database.ownerUrl, [both], { passwords })).executed).toEqual([
      'WidenThing1700000000001',
    ]);
    expect((await migrate(database.ownerUrl, [both], { passwords })).executed).toEqual([]);
  });

  it('may be started several times at once', async () => {
    const reports = await Promise.all(
      Array.from({ length: 4 }, () => migrate(database.ownerUrl, [both], { passwords })),
    );
    expect(reports.flatMap(({ executed }) => executed).sort()).toEqual([
      'CreateThing1700000000000',
      'WidenThing1700000000001',
    ]);
  });

  it('leave nothing of one that failed', async () => {
    const broken: MigrationSet = {
      service: 'billing',
      migrations: [...both.migrations, BreakThing1700000000002],
    };
    await expect(migrate(database.ownerUrl, [broken], { passwords })).rejects.toThrow('no_such_function');
    const tables = await database.query(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'billing' ORDER BY 1",
    );
    expect(tables.map(({ tablename }) => tablename)).toEqual(['migrations', 'thing']);
  });

  it('give a service its own role: it reads what it was granted, in its own schema, and owns nothing', async () => {
    await migrate(database.ownerUrl, [both, { service: 'issuer', migrations: [] }], {
      passwords: { ...passwords, issuer: 'for-tests-only' },
    });
    const asBilling = new pg.Client(database.url('billing'));
    const asIssuer = new pg.Client(database.url('issuer'));
    await Promise.all([asBilling.connect(), asIssuer.connect()]);
    try {
      expect((await asBilling.query('SELECT * FROM billing.thing')).rows).toEqual([]);
      await expect(asBilling.query('INSERT INTO billing.thing VALUES (1)')).rejects.toThrow(
        'permission denied',
      );
      await expect(asBilling.query('DROP TABLE billing.thing')).rejects.toThrow('must be owner');
      await expect(asBilling.query('SELECT billing.secret()')).rejects.toThrow(
        'permission denied for function',
      );
      await expect(asBilling.query('SET ROLE postgres')).rejects.toThrow('permission denied');
      await expect(asIssuer.query('SELECT * FROM billing.thing')).rejects.toThrow(
        'permission denied for schema billing',
      );
      await expect(asIssuer.query('CREATE TABLE public.mine ()')).rejects.toThrow('permission denied');
    } finally {
      await Promise.all([asBilling.end(), asIssuer.end()]);
    }
  });

  it('need the right password', async () => {
    await migrate(database.ownerUrl, [first], { passwords });
    const client = new pg.Client(database.url('billing').replace('for-tests-only', 'guess'));
    await expect(client.connect()).rejects.toThrow('password authentication failed');
  });

  it('are waited for', async () => {
    const reasons: string[] = [];
    const pool = createPool(database.settings('billing'), { service: 'billing' });
    try {
      await migrate(database.ownerUrl, [{ service: 'billing', migrations: [] }], { passwords });
      const waiting = waitForSchema(pool, both, { onWait: (reason) => reasons.push(reason), intervalMs: 20 });
      await new Promise((resolve) => setTimeout(resolve, 100));
      await migrate(database.ownerUrl, [first], { passwords });
      await expect(checkSchema(pool, both)).rejects.toMatchObject({
        code: 'storage_unavailable',
        message: 'The schema billing lacks WidenThing1700000000001.',
      });
      await migrate(database.ownerUrl, [both], { passwords });
      await waiting;
      expect(reasons[0]).toBe('The schema billing lacks CreateThing1700000000000.');
      // A newer version's migrations do not trouble an older replica.
      await checkSchema(pool, first);
    } finally {
      await pool.end();
    }
  });

  it('are waited for until somebody gives up', async () => {
    const pool = createPool(
      { ...database.settings('billing'), url: 'postgres://x@127.0.0.1:1/x' },
      { service: 'billing' },
    );
    const giveUp = AbortSignal.timeout(100);
    const reasons: string[] = [];
    const waiting = waitForSchema(pool, both, {
      signal: giveUp,
      intervalMs: 20,
      onWait: (reason) => reasons.push(reason),
    });
    await expect(waiting).rejects.toThrow('aborted');
    expect(reasons).toEqual(['The database does not answer.']);
    await pool.end();
  });
});
