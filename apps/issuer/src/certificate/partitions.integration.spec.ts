import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { dataSourceOptions, TenantScope } from '#libs/database';
import { FixedClock } from '#libs/testing';
import type { Ledger } from '../mint/mint.ledger.js';
import { ledgerEntry } from '../testing/ledger-entry.js';
import { LedgerHarness } from '../testing/ledger-harness.js';
import { CertificateEntity } from './certificate.entity.js';
import { CertificateRepository } from './certificate.repository.js';

const seconds = (iso: string): number => Date.parse(iso) / 1000;

describe('certificates by month of expiry', () => {
  const clock = new FixedClock('2026-01-20T12:00:00Z');
  let harness: LedgerHarness;
  let ledger: Ledger;
  let dataSource: DataSource;
  let certificates: CertificateRepository;
  let customerId: string;

  beforeAll(async () => {
    harness = await LedgerHarness.start(clock);
    ledger = harness.ledger();
    customerId = await harness.customer();
    const settings = harness.database.settings('issuer');
    dataSource = new DataSource(
      dataSourceOptions(settings, { service: 'issuer', entities: [CertificateEntity] }),
    );
    await dataSource.initialize();
    certificates = new CertificateRepository(new TenantScope(dataSource));
  });
  afterAll(async () => {
    await dataSource.destroy();
    await harness.stop();
  });

  const record = (notAfter: string): Promise<unknown> =>
    ledger.record(
      ledgerEntry({ customerId, notBefore: seconds('2026-01-20T11:59:00Z'), notAfter: seconds(notAfter) }),
    );
  const places = async (): Promise<Record<string, number>> => {
    const rows = await harness.database.query<{ place: string; n: number }>(
      'SELECT tableoid::regclass::text AS place, count(*)::int AS n FROM issuer.certificate GROUP BY 1',
    );
    return Object.fromEntries(rows.map((row) => [row.place, row.n]));
  };

  it('lie in the partition of their month; what is beyond all of them is kept too, and moves', async () => {
    await record('2026-01-31T23:59:59Z');
    await record('2026-02-01T00:00:00Z');
    await record('2026-09-15T00:00:00Z');
    expect(await places()).toEqual({
      'issuer.certificate_2026_01': 1,
      'issuer.certificate_2026_02': 1,
      'issuer.certificate_default': 1,
    });
    const later = new Date('2026-04-01T00:00:00Z');
    const made = await Promise.all(
      [1, 2, 3].map(() => harness.database.query('SELECT issuer.ensure_partitions($1, 6) AS made', [later])),
    );
    expect(
      made
        .flat()
        .map((row) => row.made)
        .sort(),
    ).toEqual([0, 0, 3]);
    expect(await places()).toMatchObject({ 'issuer.certificate_2026_09': 1 });
    await record('2026-09-16T00:00:00Z');
    expect(await places()).toMatchObject({ 'issuer.certificate_2026_09': 2 });
  });

  it('are read from one partition when the day is known', async () => {
    const plan = await harness.database.query<{ 'QUERY PLAN': string }>(
      "EXPLAIN SELECT der FROM issuer.certificate WHERE expires_on = '2026-02-01' AND serial = '\\x00'",
    );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toContain('Index Scan using certificate_2026_02_pkey');
    expect(text.match(/certificate_20\d\d_\d\d /g)).toHaveLength(1);
  });

  it('are found by serial alone, alive or long expired, and only by their customer', async () => {
    const stored = await harness.database.query<{ serial: Buffer; der: Buffer }>(
      'SELECT serial, der FROM issuer.certificate ORDER BY expires_on',
    );
    const stranger = await harness.customer();
    expect(stored.length).toBeGreaterThanOrEqual(4);
    for (const at of ['2026-01-20T12:00:00Z', '2027-06-01T00:00:00Z']) {
      for (const { serial, der } of stored.slice(0, 2)) {
        const found = await certificates.findBySerial(customerId, serial, Date.parse(at));
        expect(found?.der).toEqual(der);
        expect(await certificates.findBySerial(stranger, serial, Date.parse(at))).toBeUndefined();
      }
    }
    expect(await certificates.findBySerial(customerId, randomBytes(16), clock.now())).toBeUndefined();
  });
});
