import { randomUUID } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { DataSource } from 'typeorm';
import { BillingService, CustomerChangedSchema, type EntitlementChanged } from '#libs/contracts';
import { dataSourceOptions, TenantScope } from '#libs/database';
import { createLogger, createRegistry } from '#libs/observability';
import { createInProcessEventBus, createInProcessTransport, events } from '#libs/rpc';
import type { RunningService } from '#libs/service';
import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { billingMigrations, startBilling } from '../billing.module.js';
import { EntitlementEntity } from './entitlement.entity.js';
import { EntitlementRepository } from './entitlement.repository.js';

const logger = createLogger('billing', 'silent');
const rpc = createInProcessTransport({ logger });
const bus = createInProcessEventBus({ logger });
const billing = rpc.client(BillingService);
const told: EntitlementChanged[] = [];
let database: TestDatabase;
let service: RunningService;

beforeAll(async () => {
  database = await testDatabase([billingMigrations]);
  const operations = { host: '127.0.0.1', port: 0, logLevel: 'info' as const, otlpEndpoint: undefined };
  const nats = {
    url: 'nats://in-process',
    user: undefined,
    password: undefined,
    tlsCa: undefined,
    tlsCert: undefined,
    tlsKey: undefined,
  };
  await bus.subscribe(events.entitlementChanged, 'spec', async (message) => {
    told.push(message);
  });
  service = await startBilling({
    config: { operations, nats, database: { ...database.settings('billing'), migrateUrl: undefined } },
    rpc,
    events: bus,
    clock: new FixedClock(),
    logger,
    metrics: createRegistry('billing'),
  });
});
afterAll(async () => {
  await service?.stop();
  await bus.close();
  await database?.drop();
});

const versionsTold = (customerId: string) =>
  told.flatMap(({ entitlement }) => (entitlement?.customerId === customerId ? [entitlement.version] : []));

async function hears(customerId: string, version: bigint): Promise<EntitlementChanged['entitlement']> {
  for (let wait = 0; wait < 200; wait++) {
    const found = told.find(({ entitlement: e }) => e?.customerId === customerId && e.version === version);
    if (found) return found.entitlement;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no event of version ${version}; heard ${versionsTold(customerId).join()}`);
}

const announce = (customerId: string, eventId: string) =>
  bus.publish(
    events.customerChanged.type,
    toBinary(CustomerChangedSchema, create(CustomerChangedSchema, { customer: { id: customerId } })),
    eventId,
  );

describe('an entitlement', () => {
  it('is the dev plan for a new customer, once, however often its event comes', async () => {
    const id = randomUUID();
    await Promise.all([announce(id, 'e1'), announce(id, 'e2'), announce(id, 'e3')]);
    const { entitlement } = await billing.getEntitlement({ customerId: id });
    expect(entitlement).toMatchObject({
      customerId: id,
      plan: 'dev',
      perMinute: 500n,
      perMonth: 5000n,
      version: 1n,
    });
    await hears(id, 1n);
    expect(versionsTold(id)).toEqual([1n]);
  });

  it('is there at first sight, also when many ask at once', async () => {
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => billing.getEntitlement({ customerId: id })),
    );
    for (const { entitlement } of answers) expect(entitlement).toMatchObject({ plan: 'dev', version: 1n });
    await hears(id, 1n);
    expect(versionsTold(id)).toEqual([1n]);
  });

  it('keeps a limit that is not given, and counts every change', async () => {
    const id = randomUUID();
    const first = await billing.setLimits({ customerId: id, perMinute: { value: 7n } });
    expect(first.entitlement).toMatchObject({ perMinute: 7n, perMonth: 5000n, version: 2n });
    const second = await billing.setLimits({ customerId: id, perMonth: {} });
    expect(second.entitlement).toMatchObject({ perMinute: 7n, version: 3n });
    expect(second.entitlement?.perMonth).toBeUndefined();
    expect(await hears(id, 3n)).toMatchObject({ perMinute: 7n, version: 3n });
    expect((await billing.getEntitlement({ customerId: id })).entitlement).toEqual(second.entitlement);
  });

  it('loses no change of two at once', async () => {
    const id = randomUUID();
    await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        billing.setLimits({
          customerId: id,
          ...(n % 2 ? { perMinute: { value: 9n } } : { perMonth: { value: 8n } }),
        }),
      ),
    );
    const { entitlement } = await billing.getEntitlement({ customerId: id });
    expect(entitlement).toMatchObject({ perMinute: 9n, perMonth: 8n, version: 7n });
    await hears(id, 7n);
    expect(versionsTold(id).sort()).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n]);
  });

  it.each([0n, 1_000_000_000n])('takes the limit %s', async (value) => {
    const { entitlement } = await billing.setLimits({ customerId: randomUUID(), perMinute: { value } });
    expect(entitlement?.perMinute).toBe(value);
  });

  it.each([-1n, 1_000_000_001n])('refuses the limit %s', async (value) => {
    await expect(billing.setLimits({ customerId: randomUUID(), perMonth: { value } })).rejects.toMatchObject({
      code: 'bad_request',
    });
  });

  it('refuses what is not a UUID', async () => {
    await expect(billing.getEntitlement({ customerId: "x' OR true" })).rejects.toMatchObject({
      code: 'bad_request',
    });
  });

  it('is ready with its database and schema', async () => {
    expect(await service.ready()).toEqual({ ready: true, checks: { database: { ready: true } } });
  });
});

describe('the entitlement repository', () => {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = new DataSource(
      dataSourceOptions(database.settings('billing'), { service: 'billing', entities: [EntitlementEntity] }),
    );
    await dataSource.initialize();
  });
  afterAll(() => dataSource?.destroy());

  it('shows a customer nothing of another', async () => {
    const [mine, theirs] = [randomUUID(), randomUUID()];
    await billing.getEntitlement({ customerId: theirs });
    const scope = new TenantScope(dataSource);
    const entitlements = new EntitlementRepository();
    await scope.run(mine, async (manager) => {
      expect(await entitlements.find(manager, theirs)).toBeUndefined();
      expect(await manager.count(EntitlementEntity)).toBe(0);
      const change = {
        plan: 'dev' as const,
        perMinute: 1n,
        perMonth: 1n,
        version: 9n,
        changedAt: new Date(),
      };
      await entitlements.change(manager, theirs, change);
    });
    expect((await billing.getEntitlement({ customerId: theirs })).entitlement?.version).toBe(1n);
    expect(await dataSource.manager.count(EntitlementEntity)).toBe(0);
  });

  it('cannot add for another customer', async () => {
    const row = {
      customerId: randomUUID(),
      plan: 'dev' as const,
      perMinute: null,
      perMonth: null,
      lifetime: null,
      perTtl: null,
      version: 1n,
      createdAt: new Date(),
      changedAt: new Date(),
    };
    const work = new TenantScope(dataSource).run(randomUUID(), (manager) =>
      new EntitlementRepository().add(manager, row),
    );
    await expect(work).rejects.toThrow(/row-level security/);
  });
});
