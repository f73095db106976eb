import { create, fromBinary } from '@bufbuild/protobuf';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { CredentialChangedSchema } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { createLogger, createRegistry } from '#libs/observability';
import { type EventBus, events } from '#libs/rpc';
import { type TestDatabase, testDatabase } from '#libs/testing';
import { dataSourceOptions } from './database.module.js';
import { createOutbox, Outbox } from './outbox.js';
import { OutboxRelay } from './outbox-relay.js';
import { createPool } from './pool.js';

class CreateOutbox1700000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(createOutbox('billing'));
  }
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE billing.outbox');
  }
}

/** A bus that remembers, and fails when it is told to. */
class FakeBus implements EventBus {
  readonly taken: { type: string; customer: string; id: string }[] = [];
  onPublish: (count: number) => Promise<void> = async () => undefined;

  async publish(type: string, payload: Uint8Array, id: string): Promise<void> {
    await this.onPublish(this.taken.length);
    const { customerId } = fromBinary(CredentialChangedSchema, payload);
    this.taken.push({ type, customer: customerId, id });
  }
  subscribe(): never {
    throw new Error('nobody follows here');
  }
  async close(): Promise<void> {
    return undefined;
  }
}

describe('the outbox', () => {
  const outbox = new Outbox('billing');
  let database: TestDatabase;
  let dataSource: DataSource;
  let pool: pg.Pool;
  let bus: FakeBus;
  const relays: OutboxRelay[] = [];

  beforeAll(async () => {
    database = await testDatabase([{ service: 'billing', migrations: [CreateOutbox1700000000000] }]);
    const settings = database.settings('billing');
    dataSource = new DataSource(dataSourceOptions(settings, { service: 'billing', entities: [] }));
    await dataSource.initialize();
    pool = createPool(settings, { service: 'billing' });
  });
  afterAll(async () => {
    await dataSource?.destroy();
    await pool?.end();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.query('TRUNCATE billing.outbox RESTART IDENTITY');
    bus = new FakeBus();
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  });

  function relay(options: { pollMs?: number; batchSize?: number } = {}): OutboxRelay {
    const made = new OutboxRelay({
      pool,
      service: 'billing',
      events: bus,
      logger: createLogger('billing', 'silent'),
      metrics: createRegistry('billing'),
      pollMs: 60_000,
      ...options,
    });
    relays.push(made);
    return made;
  }

  const add = (customerId: string) =>
    dataSource.transaction((manager) => outbox.add(manager, events.credentialChanged, { customerId }));
  const waiting = async () => (await database.query('SELECT id FROM billing.outbox ORDER BY id')).length;
  const customers = () => bus.taken.map(({ customer }) => customer);

  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error('it did not happen within 5 s');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('publishes what was committed, in order, under stable ids, and forgets it', async () => {
    await add('a');
    await add('b');
    relay().start();
    await until(async () => (await waiting()) === 0);
    expect(bus.taken).toEqual([
      { type: 'credential.changed', customer: 'a', id: 'billing-1' },
      { type: 'credential.changed', customer: 'b', id: 'billing-2' },
    ]);
  });

  it('never publishes what was rolled back', async () => {
    const failing = dataSource.transaction(async (manager) => {
      await outbox.add(
        manager,
        events.credentialChanged,
        create(CredentialChangedSchema, { customerId: 'x' }),
      );
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    await add('a');
    relay().start();
    await until(async () => (await waiting()) === 0);
    expect(customers()).toEqual(['a']);
  });

  it('publishes at once when it is woken, and by itself within its polling time', async () => {
    const woken = relay();
    woken.start();
    await add('a');
    woken.wake();
    await until(() => bus.taken.length === 1);
    await woken.stop();
    relay({ pollMs: 50 }).start();
    await add('b');
    await until(() => bus.taken.length === 2);
  });

  it('publishes again, under the same id, after a crash between publishing and forgetting', async () => {
    await add('a');
    // The bus has it; then the connection that would delete the row dies.
    bus.onPublish = async (count) => {
      if (count > 0) return;
      bus.taken.push({ type: 'credential.changed', customer: 'a', id: 'billing-1' });
      await database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stackrunner_billing' AND datname = current_database() AND state = 'idle in transaction'",
      );
    };
    relay({ pollMs: 20 }).start();
    await until(async () => (await waiting()) === 0);
    expect(bus.taken.length).toBeGreaterThanOrEqual(2);
    expect(new Set(bus.taken.map(({ id }) => id))).toEqual(new Set(['billing-1']));
  });

  it('keeps what the bus did not take, and publishes the rest', async () => {
    let refusing = true;
    bus.onPublish = async () => {
      if (refusing) throw new DomainError('service_unavailable', 'NATS is away');
    };
    await add('a');
    const stubborn = relay({ pollMs: 20 });
    stubborn.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await waiting()).toBe(1);
    expect(await stubborn.lagSeconds()).toBeGreaterThan(0);
    refusing = false;
    await until(async () => (await waiting()) === 0);
    expect(customers()).toEqual(['a']);
    expect(await stubborn.lagSeconds()).toBe(0);
  });

  it('shares the work between replicas: everything once', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
    await dataSource.transaction(async (manager) => {
      for (const customerId of names) await outbox.add(manager, events.credentialChanged, { customerId });
    });
    const before = bus.taken.length;
    bus.onPublish = () => new Promise((resolve) => setTimeout(resolve, 2));
    for (let i = 0; i < 3; i++) relay({ batchSize: 10 }).start();
    await until(async () => (await waiting()) === 0);
    expect(bus.taken.length - before).toBe(200);
    expect(new Set(customers()).size).toBe(200);
  });

  it('publishes what is left when it stops', async () => {
    const stopping = relay();
    stopping.start();
    await until(() => true);
    await add('a');
    await stopping.stop();
    expect(customers()).toEqual(['a']);
    expect(await waiting()).toBe(0);
  });

  it('stops also while the bus refuses', async () => {
    bus.onPublish = () => Promise.reject(new DomainError('service_unavailable', 'NATS is away'));
    await add('a');
    const stopping = relay();
    stopping.start();
    await stopping.stop();
    expect(await waiting()).toBe(1);
  });

  it('tells its lag to Prometheus', async () => {
    const registry = createRegistry('billing');
    const settings = { pool, service: 'billing' as const, events: bus, metrics: registry };
    new OutboxRelay({ ...settings, logger: createLogger('billing', 'silent') });
    await add('a');
    expect(await registry.metrics()).toMatch(/stackrunner_outbox_lag_seconds\{service="billing"\} 0\.\d+/);
  });

  it('does not show an old lag while the database is away', async () => {
    const registry = createRegistry('billing');
    const away = { query: () => Promise.reject(new Error('away')) } as unknown as pg.Pool;
    const settings = { pool: away, service: 'billing' as const, events: bus, metrics: registry };
    new OutboxRelay({ ...settings, logger: createLogger('billing', 'silent') });
    expect(await registry.metrics()).toMatch(/stackrunner_outbox_lag_seconds\{service="billing"\} nan/i);
  });
});
