import { createHash, randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import type { Pool } from 'pg';
import { ActorKind, AuditedSchema, IssuedSchema } from '#libs/contracts';
import { createPool } from '#libs/database';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { billingMigrations } from '../billing.module.js';
import { AuditRepository } from './audit.repository.js';
import { auditedEntry, issuedEntries } from './audit-entry.js';

let database: TestDatabase;
let pool: Pool;
let trail: AuditRepository;
beforeAll(async () => {
  database = await testDatabase([billingMigrations]);
  pool = createPool(database.settings('billing'), { service: 'billing' });
  trail = new AuditRepository(pool);
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const entry = (customerId: string, n: number) => ({ customerId, body: JSON.stringify({ n, word: 'schön' }) });
const eventId = () => `gateway-${randomUUID()}`;

/** The hash as docs/audit.md says it, made without the product's own code. */
function expectedHash(
  before: Buffer,
  customerId: string,
  row: { sequence: bigint; recordedAt: Date; body: string },
) {
  const numbers = Buffer.alloc(16);
  numbers.writeBigInt64BE(row.sequence, 0);
  numbers.writeBigInt64BE(BigInt(row.recordedAt.getTime()), 8);
  const customer = Buffer.from(customerId.replaceAll('-', ''), 'hex');
  return createHash('sha256')
    .update(Buffer.concat([before, customer, numbers, Buffer.from(row.body)]))
    .digest();
}

describe('the audit trail', () => {
  it('is one chain a customer, whoever appends at once', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        trail.append([{ eventId: eventId(), entries: [entry(n % 2 ? one : two, n), entry(one, n)] }]),
      ),
    );
    for (const [customerId, count] of [
      [one, 60],
      [two, 20],
    ] as const) {
      const { entries, head } = await trail.read(customerId, 0n, 1_000);
      expect(entries.map(({ sequence }) => Number(sequence))).toEqual(
        Array.from({ length: count }, (_, i) => i + 1),
      );
      let hash: Buffer = Buffer.alloc(32);
      for (const row of entries) {
        hash = expectedHash(hash, customerId, row);
        expect(row.hash.toString('hex')).toBe(hash.toString('hex'));
      }
      expect(head).toEqual({ sequence: BigInt(count), hash });
    }
  });

  it('takes an event once, however often and by however many it is delivered', async () => {
    const customerId = randomUUID();
    const id = eventId();
    const delivery = { eventId: id, entries: [entry(customerId, 1)] };
    const appended = await Promise.all([1, 2, 3].map(() => trail.append([delivery, delivery])));
    expect(appended.reduce((sum, each) => sum + each)).toBe(1);
    expect((await trail.read(customerId, 0n, 10)).entries).toHaveLength(1);
    await trail.forgetDeliveries(new Date(Date.now() + 60_000));
    expect(await trail.append([delivery])).toBe(1);
  });

  it('is read in pages', async () => {
    const customerId = randomUUID();
    await trail.append([{ eventId: eventId(), entries: [1, 2, 3].map((n) => entry(customerId, n)) }]);
    const page = await trail.read(customerId, 1n, 1);
    expect(page.entries.map(({ sequence }) => sequence)).toEqual([2n]);
    expect(page.head?.sequence).toBe(3n);
  });

  it.each([
    "UPDATE billing.audit_event SET body = '{}'",
    'DELETE FROM billing.audit_event',
    'TRUNCATE billing.audit_event',
    "INSERT INTO billing.audit_event SELECT gen_random_uuid(), 1, now(), '{}', decode(repeat('00', 32), 'hex')",
    'UPDATE billing.audit_head SET sequence = 0',
    'DELETE FROM billing.audit_head',
    'ALTER TABLE billing.audit_event DISABLE ROW LEVEL SECURITY',
  ])('is not changed by the service: %s', async (sql) => {
    await expect(pool.query(sql)).rejects.toThrow(/permission denied|must be owner/);
  });

  it('grants nothing but reading, to nobody but the service that keeps it', async () => {
    const rows = await database.query(
      `SELECT DISTINCT grantee::regrole::text AS role, privilege_type AS may
       FROM pg_class c, aclexplode(c.relacl) WHERE c.oid IN ('billing.audit_event'::regclass, 'billing.audit_head'::regclass)
         AND grantee <> c.relowner`,
    );
    expect(rows).toEqual([{ role: 'stackrunner_billing', may: 'SELECT' }]);
  });

  it('shows a customer nothing of another', async () => {
    const customerId = randomUUID();
    await trail.append([{ eventId: eventId(), entries: [entry(customerId, 1)] }]);
    expect(await trail.read(randomUUID(), 0n, 10)).toEqual({ entries: [], head: undefined });
    expect((await pool.query('SELECT * FROM billing.audit_event')).rows).toEqual([]);
  });
});

describe('entries', () => {
  const customerId = randomUUID();
  const record = (serial: number, customer = customerId) => ({
    customerId: customer,
    caId: 'ca',
    serial: Buffer.from([serial]),
    notBefore: 1_700_000_000n,
    notAfter: 1_700_003_660n,
  });

  it('say who asked for which certificates', () => {
    const other = randomUUID();
    const issued = create(IssuedSchema, {
      certificates: [record(1), record(2), record(3, other), record(4, other)],
      requests: [
        {
          count: 2n,
          actorKind: ActorKind.SCOPED_CREDENTIAL,
          actorId: 'id',
          actorHash: Buffer.from('ab', 'hex'),
          requestId: 'r',
          handle: 'acme',
        },
        { count: 1n, actorKind: ActorKind.MASTER_BEARER },
      ],
    });
    const entries = issuedEntries(issued).map((each) => ({ ...each, body: JSON.parse(each.body) }));
    expect(entries).toMatchObject([
      {
        customerId,
        body: {
          action: 'issue',
          outcome: 'ok',
          actor: { kind: 'scoped_credential', id: 'id', hash: 'ab' },
          handle: 'acme',
          request_id: 'r',
          at: '2023-11-14T22:14:20.000Z',
          details: { ca_id: 'ca', serials: ['01', '02'] },
        },
      },
      { customerId: other, body: { actor: { kind: 'master_bearer' }, details: { serials: ['03'] } } },
      { customerId: other, body: { actor: { kind: 'unknown' }, details: { serials: ['04'] } } },
    ]);
  });

  it('carry the details of the event', () => {
    const { body } = auditedEntry(
      create(AuditedSchema, { customerId, action: 'rotateBearer', outcome: 'ok', details: '{"label":"a"}' }),
    );
    expect(JSON.parse(body)).toMatchObject({ action: 'rotateBearer', details: { label: 'a' } });
  });
});
