import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { dataSourceOptions, TenantScope } from '#libs/database';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { issuerMigrations } from '../issuer.module.js';
import { QuotaRepository } from './quota.repository.js';

let database: TestDatabase;
let dataSource: DataSource;
let quotas: QuotaRepository;
beforeAll(async () => {
  database = await testDatabase([issuerMigrations]);
  dataSource = new DataSource(
    dataSourceOptions(database.settings('issuer'), { service: 'issuer', entities: [] }),
  );
  await dataSource.initialize();
  quotas = new QuotaRepository(new TenantScope(dataSource));
});
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});

const at = (text: string) => Date.parse(text) / 1000;
const month = at('2026-03-01T00:00:00Z');
const now = at('2026-03-20T12:00:00Z');
const times = { month, until: now, now };

/** A customer with certificates that were made at these times, for so many days, and these counters. */
async function customer(made: readonly (readonly [time: string, days: number])[], counters: object = {}) {
  const id = randomUUID();
  const quota = { month: '2026-03-01', in_month: 0, ever: 0, by_ttl: [0, 0, 0, 0, 0, 0], ...counters };
  await database.query(
    `INSERT INTO issuer.quota (customer_id, entitlement_version, month, used_in_month, used_in_lifetime, used_by_ttl)
     VALUES ($1, 1, $2, $3, $4, $5)`,
    [id, quota.month, quota.in_month, quota.ever, quota.by_ttl],
  );
  for (const [time, days] of made) {
    const issuedAt = new Date(Date.parse(time) - 60_000);
    const expiresAt = new Date(Date.parse(time) + days * 86_400_000);
    await database.query(
      `INSERT INTO issuer.certificate (serial, expires_on, customer_id, ca_id, issued_at, expires_at, fingerprint, der)
       VALUES (decode(md5(random()::text), 'hex'), $3::timestamptz::date, $1, $1, $2, $3, '', '')`,
      [id, issuedAt, expiresAt],
    );
  }
  return id;
}

const used = async (id: string) => {
  const quota = await quotas.find(id, now * 1000);
  return [quota?.usedThisMonth, quota?.usedInLifetime, quota?.usedByTtl].flat().map(Number);
};

describe('the counters of a customer', () => {
  it('stay as they are when they are right', async () => {
    const id = await customer(
      [
        ['2026-03-01T00:00:00Z', 7],
        ['2026-03-02T00:00:00Z', 90],
        ['2026-02-28T23:59:00Z', 7],
      ],
      { in_month: 2, ever: 3, by_ttl: [0, 0, 2, 0, 0, 1] },
    );
    expect(await quotas.reconcile(id, times)).toEqual({ issued: 2n, repairs: [] });
    expect(await used(id)).toEqual([2, 3, 0, 0, 2, 0, 0, 1]);
  });

  it('become what the certificates say, too high and too low, and are told of', async () => {
    const id = await customer(
      [
        ['2026-03-02T00:00:00Z', 1],
        ['2026-03-03T00:00:00Z', 365],
      ],
      { in_month: 9, ever: 1, by_ttl: [4, 0, 0, 0, 0, 1] },
    );
    expect((await quotas.reconcile(id, times)).repairs).toEqual([
      { counter: 'month', counted: 9n, issued: 2n },
      { counter: 'lifetime', counted: 1n, issued: 2n },
      { counter: '1h', counted: 4n, issued: 0n },
      { counter: '1d', counted: 0n, issued: 1n },
    ]);
    expect(await used(id)).toEqual([2, 2, 0, 1, 0, 0, 0, 1]);
    expect((await quotas.reconcile(id, times)).repairs).toEqual([]);
  });

  it('of a month that is over count for nothing, unless the month has certificates', async () => {
    const id = await customer([['2026-02-10T00:00:00Z', 1]], {
      ...{ month: '2026-02-01', in_month: 1, ever: 1, by_ttl: [0, 1, 0, 0, 0, 0] },
    });
    expect((await quotas.reconcile(id, times)).repairs).toEqual([]);
    const lost = await customer([['2026-03-10T00:00:00Z', 1]], {
      ...{ month: '2026-02-01', in_month: 5, ever: 1, by_ttl: [0, 1, 0, 0, 0, 0] },
    });
    expect((await quotas.reconcile(lost, times)).repairs).toEqual([
      { counter: 'month', counted: 0n, issued: 1n },
    ]);
    expect((await used(lost))[0]).toBe(1);
  });

  it('may count a certificate of the last seconds of a month in either', async () => {
    for (const in_month of [0, 1]) {
      const id = await customer([['2026-02-28T23:59:55Z', 1]], {
        in_month,
        ever: 1,
        by_ttl: [0, 1, 0, 0, 0, 0],
      });
      expect((await quotas.reconcile(id, times)).repairs).toEqual([]);
    }
  });

  it('are repaired once, by however many at once, while certificates go on being counted', async () => {
    const id = await customer([['2026-03-02T00:00:00Z', 1]], {
      in_month: 100,
      ever: 1,
      by_ttl: [0, 1, 0, 0, 0, 0],
    });
    const count = (manager: EntityManager | DataSource) =>
      manager.query('UPDATE issuer.quota SET used_in_month = used_in_month + 1 WHERE customer_id = $1', [id]);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => quotas.reconcile(id, times)));
    expect(outcomes.flatMap(({ repairs }) => repairs)).toHaveLength(1);
    await expect(count(dataSource)).rejects.toThrow('permission denied');
    expect((await used(id))[0]).toBe(1);
  });

  it('of nobody are nothing', async () => {
    expect(await quotas.reconcile(randomUUID(), times)).toEqual({ issued: 0n, repairs: [] });
  });
});
