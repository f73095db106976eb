import { migrate } from '#libs/database';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { sha256Hex } from '#libs/x509';
import { provisionerMigrations } from '../provisioner.module.js';
import { CreateProvisioner1795363200000 } from './1795363200000-create-provisioner.migration.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase([{ service: 'provisioner', migrations: [CreateProvisioner1795363200000] }]);
}, 60_000);
afterAll(() => database?.drop());

/** As the version before records a step. */
const earlierStep = `INSERT INTO provisioner.ceremony_step (ceremony_id, step, customer_id, facts, done_at)
  SELECT id, $1, customer_id, $2, $3 FROM provisioner.ceremony`;

describe('an upgrade', () => {
  it('makes a transcript of what was done before, and takes steps of the version before meanwhile', async () => {
    await database.query(
      `INSERT INTO provisioner.customer
         (handle, status, version, root_algorithm, intermediate_algorithm, created_at)
       VALUES ('old', 'provisioning', 1, 'P-384', 'P-256', now())`,
    );
    await database.query(
      `INSERT INTO provisioner.ceremony
         (customer_id, generation, step, failures, next_attempt_at, started_at)
       SELECT id, 1, 'root_draft', 0, now(), now() FROM provisioner.customer`,
    );
    await database.query(earlierStep, ['root_key', { key_ref: 'local:x' }, '2026-01-01T00:00:00.001Z']);
    await database.query(earlierStep, ['root_draft', {}, '2026-01-01T00:00:00.002Z']);

    const { executed } = await migrate(database.ownerUrl, [provisionerMigrations]);
    expect(executed).toContain('CeremonyTranscript1795449600000');
    await database.query(earlierStep, ['root_certificate', { serial: '01' }, '2026-01-01T00:00:00.003Z']);

    const rows = await database.query<{ sequence: number; entry: string; hash: Buffer }>(
      'SELECT sequence, entry, hash FROM provisioner.ceremony_step ORDER BY sequence',
    );
    expect(rows.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    let previous = '0'.repeat(64);
    for (const { entry, hash } of rows) {
      expect(hash.toString('hex')).toBe(sha256Hex(Buffer.from(entry)));
      expect(JSON.parse(entry)).toMatchObject({ previous, handle: 'old', kind: 'birth', generation: 1 });
      previous = hash.toString('hex');
    }
    expect(rows.map(({ entry }) => JSON.parse(entry).step)).toEqual([
      'root_key',
      'root_draft',
      'root_certificate',
    ]);
    expect(JSON.parse(rows[0]?.entry ?? '')).toMatchObject({
      facts: { key_ref: 'local:x' },
      done_at: '2026-01-01T00:00:00.001Z',
      requested_by: 'operator',
    });
  });
});
