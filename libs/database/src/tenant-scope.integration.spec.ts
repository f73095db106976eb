import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { dataSourceOptions } from './database.module.js';
import { grant } from './migration-set.js';
import { createPool } from './pool.js';
import { enableRowSecurity } from './row-security.js';
import { TenantScope, withTenant } from './tenant-scope.js';

const acme = '00000000-0000-4000-8000-00000000000a';
const globex = '00000000-0000-4000-8000-00000000000b';

class CreateNotes1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['issuer.note', 'issuer.shared_note']) {
      await queryRunner.query(`
        CREATE TABLE ${table} (customer_id uuid NOT NULL, text text NOT NULL);
        ${grant('issuer', 'SELECT, INSERT, UPDATE, DELETE', table)}
        ${enableRowSecurity(table, { everyCustomer: table === 'issuer.shared_note' })}
      `);
    }
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE issuer.note, issuer.shared_note');
  }
}

describe('row-level security', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let scope: TenantScope;

  beforeAll(async () => {
    database = await testDatabase([{ service: 'issuer', migrations: [CreateNotes1700000000000] }]);
    dataSource = new DataSource(
      dataSourceOptions(database.settings('issuer'), { service: 'issuer', entities: [] }),
    );
    await dataSource.initialize();
    scope = new TenantScope(dataSource);
    for (const table of ['issuer.note', 'issuer.shared_note']) {
      await database.query(`INSERT INTO ${table} VALUES ($1, 'a'), ($2, 'b')`, [acme, globex]);
    }
  });

  afterAll(async () => {
    await dataSource?.destroy();
    await database?.drop();
  });

  const texts = (sql: string) => async (manager: { query(sql: string): Promise<{ text: string }[]> }) =>
    (await manager.query(sql)).map((row) => row.text);

  it('shows a customer its own rows only, whatever the statement says', async () => {
    expect(await scope.run(acme, texts('SELECT text FROM issuer.note'))).toEqual(['a']);
    expect(await scope.run(globex, texts('SELECT text FROM issuer.note'))).toEqual(['b']);
    const theirs = `SELECT text FROM issuer.note WHERE customer_id = '${globex}'`;
    expect(await scope.run(acme, texts(theirs))).toEqual([]);
  });

  it('shows nothing outside of a scope, also on a connection that had one', async () => {
    for (let i = 0; i < 10; i++) await scope.run(acme, texts('SELECT text FROM issuer.note'));
    expect(await dataSource.query('SELECT text FROM issuer.note')).toEqual([]);
  });

  it('refuses to write a row of another customer', async () => {
    const insert = `INSERT INTO issuer.note VALUES ('${globex}', 'x')`;
    await expect(scope.run(acme, (manager) => manager.query(insert))).rejects.toThrow('row-level security');
    const move = `UPDATE issuer.note SET customer_id = '${globex}'`;
    await expect(scope.run(acme, (manager) => manager.query(move))).rejects.toThrow('row-level security');
    await scope.run(acme, (manager) => manager.query("UPDATE issuer.note SET text = 'mine'"));
    expect(await database.query('SELECT text FROM issuer.note ORDER BY text')).toEqual([
      { text: 'b' },
      { text: 'mine' },
    ]);
  });

  it('shows every customer to an operator only where the policy says so', async () => {
    expect(await scope.everyCustomer(texts('SELECT text FROM issuer.shared_note ORDER BY 1'))).toEqual([
      'a',
      'b',
    ]);
    expect(await scope.everyCustomer(texts('SELECT text FROM issuer.note'))).toEqual([]);
  });

  it('holds for a plain pool too, and rolls back what failed', async () => {
    const pool = createPool(database.settings('issuer'), { service: 'issuer' });
    try {
      const select = 'SELECT count(*)::int AS n FROM issuer.note';
      const count = () => withTenant(pool, acme, async (client) => (await client.query(select)).rows[0]?.n);
      expect(await count()).toBe(1);
      const failing = withTenant(pool, acme, async (client) => {
        await client.query(`INSERT INTO issuer.note VALUES ('${acme}', 'gone')`);
        throw new RangeError('enough');
      });
      await expect(failing).rejects.toThrow(RangeError);
      expect(await count()).toBe(1);
    } finally {
      await pool.end();
    }
  });

  it('lets the role change no table and no policy', async () => {
    await expect(dataSource.query('ALTER TABLE issuer.note DISABLE ROW LEVEL SECURITY')).rejects.toThrow(
      'must be owner',
    );
    await expect(dataSource.query('CREATE TABLE issuer.mine ()')).rejects.toThrow('permission denied');
  });
});
