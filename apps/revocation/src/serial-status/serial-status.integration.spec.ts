import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { type RevocationService, SerialStatus } from '#libs/contracts';
import type { Client } from '#libs/rpc';
import type { FixedClock, TestDatabase } from '#libs/testing';
import { type IssuedTestCertificate, RevocationHarness } from '../testing/revocation-harness.js';

const NOW = Date.parse('2026-05-19T12:00:00Z') / 1000;
const DAY = 86_400;

let harness: RevocationHarness;
let clock: FixedClock;
let database: TestDatabase;
let revocation: Client<typeof RevocationService>;

beforeAll(async () => {
  harness = await RevocationHarness.start('2026-05-19T12:00:00Z');
  ({ clock, database, revocation } = harness);
});
beforeEach(() => {
  clock.set(NOW * 1000);
  harness.minted.asked = 0;
});
afterAll(() => harness?.stop());

const certificate = (customerId: string, notAfter: number) => harness.certificate(customerId, notAfter);
const issue = (...certificates: IssuedTestCertificate[]) => harness.issue(...certificates);

const statusOf = ({ customerId, serial }: Pick<IssuedTestCertificate, 'customerId' | 'serial'>) =>
  revocation.getSerialStatus({ customerId, serial });

describe('the status of a serial number', () => {
  it('is active until the second of its expiry, then expired', async () => {
    const one = certificate(randomUUID(), NOW + 7 * DAY);
    await issue(one);
    expect(await statusOf(one)).toMatchObject({
      status: SerialStatus.ACTIVE,
      expiresAt: BigInt(one.notAfter),
    });
    clock.set(one.notAfter * 1000 + 999);
    expect((await statusOf(one)).status).toBe(SerialStatus.ACTIVE);
    clock.set((one.notAfter + 1) * 1000);
    expect((await statusOf(one)).status).toBe(SerialStatus.EXPIRED);
    expect(harness.minted.asked).toBe(0);
  });

  it.each([
    ['of one hour', NOW + 3600],
    ['of 90 days', NOW + 90 * DAY],
    ['that ended yesterday', NOW - DAY],
    ['that ended on the first of this month', Date.parse('2026-05-01T00:00:00Z') / 1000],
  ])('is found for a certificate %s', async (_, notAfter) => {
    const one = certificate(randomUUID(), notAfter);
    await issue(one);
    const status = notAfter < NOW ? SerialStatus.EXPIRED : SerialStatus.ACTIVE;
    expect(await statusOf(one)).toMatchObject({ status, expiresAt: BigInt(notAfter) });
    expect(harness.minted.asked).toBe(0);
  });

  it.each([
    ['long ago', '2025-01-31T23:59:59Z'],
    ['in many years', '2031-01-01T00:00:00Z'],
  ])('is found for a certificate that ends %s, outside of every partition', async (_, when) => {
    const one = certificate(randomUUID(), Date.parse(when) / 1000);
    await issue(one);
    expect((await statusOf(one)).expiresAt).toBe(BigInt(one.notAfter));
    expect(harness.minted.asked).toBe(0);
  });

  it('does not depend on leading zeros', async () => {
    const one = {
      ...certificate(randomUUID(), NOW + DAY),
      serial: Buffer.from('00'.repeat(4) + '0a'.repeat(12), 'hex'),
    };
    await issue(one);
    for (const serial of [one.serial, one.serial.subarray(4), Buffer.concat([Buffer.alloc(3), one.serial])]) {
      expect((await statusOf({ ...one, serial })).status).toBe(SerialStatus.ACTIVE);
    }
  });

  it('is the issuer’s word for a certificate whose event is still under way', async () => {
    const fresh = certificate(randomUUID(), NOW + DAY);
    harness.minted.add(fresh);
    expect(await statusOf(fresh)).toMatchObject({
      status: SerialStatus.ACTIVE,
      expiresAt: BigInt(fresh.notAfter),
    });
    await issue(fresh);
    expect((await statusOf(fresh)).status).toBe(SerialStatus.ACTIVE);
    expect(harness.minted.asked).toBe(1);
  });

  it.each([
    ['that nobody issued', randomBytes(16)],
    ['of zero', Buffer.alloc(16)],
    ['of no octets', Buffer.alloc(0)],
    ['that is too long', Buffer.alloc(21, 1)],
  ])('does not exist for a number %s', async (_, serial) => {
    await expect(statusOf({ customerId: randomUUID(), serial })).rejects.toMatchObject({
      code: 'serial_not_found',
    });
  });

  it('refuses a customer that is not a UUID', async () => {
    await expect(statusOf({ customerId: 'acme', serial: randomBytes(16) })).rejects.toMatchObject({
      code: 'bad_request',
    });
  });
});

describe('tenants', () => {
  it('do not see each other’s serial numbers', async () => {
    const [mine, theirs] = [certificate(randomUUID(), NOW + DAY), certificate(randomUUID(), NOW + DAY)];
    const late = certificate(theirs.customerId, Date.parse('2031-01-01T00:00:00Z') / 1000);
    await issue(mine, theirs, late);
    for (const { serial } of [theirs, late]) {
      await expect(statusOf({ customerId: mine.customerId, serial })).rejects.toMatchObject({
        code: 'serial_not_found',
      });
    }
    expect((await statusOf(theirs)).status).toBe(SerialStatus.ACTIVE);
  });

  it('are kept apart by the database itself, whatever is asked', async () => {
    const one = certificate(randomUUID(), NOW + DAY);
    await issue(one);
    const client = new pg.Client({ connectionString: database.url('revocation') });
    await client.connect();
    try {
      const rows = async (sql: string) => (await client.query(sql)).rows.length;
      expect(await rows('SELECT FROM revocation.issued_serial')).toBe(0);
      expect(await rows('SELECT FROM revocation.issued_serial_default')).toBe(0);
      await client.query(`SET stackrunner.customer_id = '${one.customerId}'`);
      expect(await rows('SELECT FROM revocation.issued_serial')).toBe(1);
      for (const forbidden of [
        'SELECT FROM revocation.issued_serial_2026_05',
        'DELETE FROM revocation.issued_serial',
        'UPDATE revocation.issued_serial SET expires_at = now()',
        `INSERT INTO revocation.issued_serial VALUES ('\\x01', gen_random_uuid(), gen_random_uuid(), now(), now())`,
      ]) {
        await expect(client.query(forbidden)).rejects.toThrow(/permission denied/);
      }
    } finally {
      await client.end();
    }
  });
});

describe('issued events', () => {
  it('may come again and at once, and each certificate is recorded once', async () => {
    const customerId = randomUUID();
    const certificates = Array.from({ length: 50 }, () => certificate(customerId, NOW + 7 * DAY));
    await Promise.all([issue(...certificates), issue(...certificates), issue(...certificates.slice(10))]);
    const [row] = await database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM revocation.issued_serial WHERE customer_id = $1',
      [customerId],
    );
    expect(row?.count).toBe(50);
  });

  it('go to the partition of the month of expiry', async () => {
    const one = certificate(randomUUID(), Date.parse('2026-08-01T00:00:00Z') / 1000);
    await issue(one);
    const rows = await database.query<{ name: string }>(
      'SELECT tableoid::regclass::text AS name FROM revocation.issued_serial WHERE customer_id = $1',
      [one.customerId],
    );
    expect(rows).toEqual([{ name: 'revocation.issued_serial_2026_08' }]);
  });
});

describe('partitions', () => {
  it('are there for this month and fifteen more', async () => {
    const rows = await database.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits
        WHERE inhparent = 'revocation.issued_serial'::regclass ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name.replace('revocation.issued_serial_', ''))).toEqual([
      ...['05', '06', '07', '08', '09', '10', '11', '12'].map((month) => `2026_${month}`),
      ...['01', '02', '03', '04', '05', '06', '07', '08'].map((month) => `2027_${month}`),
      'default',
    ]);
  });

  it('take over what had to stand in the default partition', async () => {
    const one = certificate(randomUUID(), Date.parse('2027-11-03T04:05:06Z') / 1000);
    await issue(one);
    const where = async () => {
      const [row] = await database.query<{ name: string }>(
        'SELECT tableoid::regclass::text AS name FROM revocation.issued_serial WHERE customer_id = $1',
        [one.customerId],
      );
      return row?.name;
    };
    expect(await where()).toBe('revocation.issued_serial_default');
    await database.query(`SELECT revocation.ensure_partitions('2027-11-01T00:00:00Z', 0)`);
    expect(await where()).toBe('revocation.issued_serial_2027_11');
    clock.set('2027-11-01T00:00:00Z');
    expect((await statusOf(one)).status).toBe(SerialStatus.ACTIVE);
  });
});

describe('readiness', () => {
  it('depends on the database and its schema', async () => {
    expect(await harness.service.ready()).toEqual({ ready: true, checks: { database: { ready: true } } });
  });
});
