import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import type { Pool } from 'pg';
import { type CounterRepair, CounterRepairSchema, type ReconcileQuotaRequest } from '#libs/contracts';
import { createPool } from '#libs/database';
import { createLogger, createRegistry } from '#libs/observability';
import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { AuditRepository } from '../audit/audit.repository.js';
import { billingMigrations } from '../billing.module.js';
import { meteringMetrics } from './metering.metrics.js';
import { UsageRepository } from './usage.repository.js';
import { UsageReconciler } from './usage-reconciler.js';

let database: TestDatabase;
let pool: Pool;
let trail: AuditRepository;
let usage: UsageRepository;
/** What the issuer says of the two months that it is asked about. */
let issuedIn: (request: ReconcileQuotaRequest) => bigint;
let repairs: CounterRepair[];
let asked = 0;
const acme = { id: randomUUID(), handle: 'acme' };

beforeAll(async () => {
  database = await testDatabase([billingMigrations]);
  pool = createPool(database.settings('billing'), { service: 'billing' });
  trail = new AuditRepository(pool);
  usage = new UsageRepository(pool);
});
beforeEach(() => {
  issuedIn = () => 0n;
  repairs = [];
  asked = 0;
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const clock = new FixedClock(Date.now());

function reconciler(): UsageReconciler {
  const logger = createLogger('billing', 'silent');
  const customers = [acme] as never[];
  return new UsageReconciler({
    ...{ usage, clock, logger, metrics: meteringMetrics(createRegistry('billing')) },
    trail: { write: async (delivery) => void (await trail.append([delivery])) },
    issuer: {
      async reconcileQuota(request) {
        asked += 1;
        const found = repairs.splice(0);
        const issuedInMonth = issuedIn(request as ReconcileQuotaRequest);
        return { $typeName: 'stackrunner.issuer.v1.ReconcileQuotaResponse', issuedInMonth, repairs: found };
      },
    },
    provisioner: {
      listCustomers: async () => ({
        $typeName: 'stackrunner.provisioner.v1.ListCustomersResponse',
        ...{ customers, nextPageToken: '' },
      }),
      getCustomer: async () => ({
        $typeName: 'stackrunner.provisioner.v1.GetCustomerResponse',
        customer: acme as never,
      }),
    },
  });
}

const issue = (serials: number, at: number) => ({
  customerId: acme.id,
  body: JSON.stringify({
    action: 'issue',
    at: new Date(at).toISOString(),
    details: { serials: Array.from({ length: serials }, () => 'ab') },
  }),
});
const thisMonth = () => {
  const date = new Date(clock.now() - 60_000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
};

describe('reconciliation', () => {
  it('finds nothing where certificates and trail agree, and keeps the month', async () => {
    await trail.append([
      {
        eventId: randomUUID(),
        entries: [
          issue(3, thisMonth()),
          issue(2, clock.now() - 61_000),
          // Too late for this time.
          issue(9, clock.now()),
          { customerId: acme.id, body: '{"action":"setLimits","at":"x"}' },
        ],
      },
    ]);
    const month = BigInt(thisMonth() / 1000);
    issuedIn = (request) => (request.month === month ? 5n : 0n);
    expect(await reconciler().run('acme')).toEqual({ customers: 1, differences: [] });
    expect(await usage.list(acme.id)).toMatchObject([{ month: thisMonth(), issued: 5n, inTrail: 5n }]);
  });

  it('reports a counter that was wrong, and a trail that lacks certificates, in the trail itself', async () => {
    const month = BigInt(thisMonth() / 1000);
    issuedIn = (request) => (request.month === month ? 7n : 0n);
    repairs = [create(CounterRepairSchema, { counter: 'month', counted: 9n, issued: 7n })];
    expect(await reconciler().run('')).toMatchObject({
      customers: 1,
      differences: [{ handle: 'acme', repairs: [{ counter: 'month' }], issued: 7n, inTrail: 5n }],
    });
    const { entries } = await trail.read(acme.id, 0n, 100);
    expect(JSON.parse(entries.at(-1)?.body ?? '')).toMatchObject({
      action: 'reconcileUsage',
      actor: { kind: 'system', id: 'billing' },
      details: { repairs: [{ counter: 'month', counted: 9, issued: 7 }], issued: 7, in_trail: 5 },
    });
    expect(await usage.list(acme.id)).toMatchObject([{ issued: 7n, inTrail: 5n }]);
    expect(await usage.list(randomUUID())).toEqual([]);
  });

  it('is done once a night, by one of any number of replicas', async () => {
    clock.set(Date.parse('2031-05-05T01:59:00Z'));
    await reconciler().nightly();
    expect(asked).toBe(0);
    clock.set(Date.parse('2031-05-05T02:00:00Z'));
    await Promise.all([1, 2, 3].map(() => reconciler().nightly()));
    await reconciler().nightly();
    expect(asked).toBe(2);
    clock.set(Date.parse('2031-05-06T03:00:00Z'));
    await reconciler().nightly();
    expect(asked).toBe(4);
  });

  it('refuses an operator while another runs', async () => {
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => reconciler().run('')));
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeLessThan(3);
    for (const each of refused) expect(each).toMatchObject({ reason: { code: 'overloaded' } });
  });
});
