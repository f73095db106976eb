import 'reflect-metadata';
import { randomBytes, randomUUID } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import {
  type GetCertificateRequest,
  IssuedSchema,
  IssuerService,
  RevocationService,
  SerialStatus,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { createLogger, createRegistry } from '#libs/observability';
import {
  createInProcessEventBus,
  createInProcessTransport,
  events,
  RpcController,
  RpcMethod,
} from '#libs/rpc';
import type { RunningService } from '#libs/service';
import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { revocationMigrations, startRevocation } from '../revocation.module.js';

const NOW = Date.parse('2026-05-19T12:00:00Z') / 1000;
const DAY = 86_400;

/** An issuer that knows what it minted, also before anybody heard of it. */
const minted = new Map<string, number>();
let askedIssuer = 0;

@RpcController(IssuerService)
class IssuerDouble {
  @RpcMethod(IssuerService.method.getCertificate)
  async getCertificate({ customerId, serial }: GetCertificateRequest) {
    askedIssuer += 1;
    const notAfter = minted.get(`${customerId} ${Buffer.from(serial).toString('hex')}`);
    if (notAfter === undefined) throw new DomainError('serial_not_found', 'Never issued.');
    return { certificate: { serial, notAfter: BigInt(notAfter) } };
  }

  @RpcMethod(IssuerService.method.mint)
  async mint() {
    return {};
  }

  @RpcMethod(IssuerService.method.mintEach)
  async mintEach() {
    return {};
  }

  @RpcMethod(IssuerService.method.getQuota)
  async getQuota() {
    return {};
  }
}

@Module({ controllers: [IssuerDouble] })
class IssuerDoubleModule {}

const logger = createLogger('revocation', 'silent');
const clock = new FixedClock(NOW * 1000);
const rpc = createInProcessTransport({ logger });
const bus = createInProcessEventBus({ logger });
const revocation = rpc.client(RevocationService);
let database: TestDatabase;
let service: RunningService;
let issuer: { close(): Promise<unknown> };

beforeAll(async () => {
  database = await testDatabase([revocationMigrations]);
  const app = await NestFactory.createMicroservice(IssuerDoubleModule, {
    strategy: rpc.server(),
    logger: false,
  });
  await app.listen();
  issuer = app;
  const operations = { host: '127.0.0.1', port: 0, logLevel: 'info' as const, otlpEndpoint: undefined };
  const unset = {
    user: undefined,
    password: undefined,
    tlsCa: undefined,
    tlsCert: undefined,
    tlsKey: undefined,
  };
  service = await startRevocation({
    config: {
      operations,
      nats: { url: 'nats://in-process', ...unset },
      database: { ...database.settings('revocation'), migrateUrl: undefined },
    },
    rpc,
    events: bus,
    clock,
    logger,
    metrics: createRegistry('revocation'),
  });
});
beforeEach(() => {
  clock.set(NOW * 1000);
  askedIssuer = 0;
});
afterAll(async () => {
  await service?.stop();
  await issuer?.close();
  await bus.close();
  await database?.drop();
});

interface Certificate {
  readonly customerId: string;
  readonly serial: Uint8Array;
  readonly notAfter: number;
}

const certificate = (customerId: string, notAfter: number): Certificate => ({
  customerId,
  serial: randomBytes(16),
  notAfter,
});

let published = 0;
async function issue(...certificates: Certificate[]): Promise<void> {
  const message = create(IssuedSchema, {
    certificates: certificates.map(({ customerId, serial, notAfter }) => ({
      customerId,
      caId: randomUUID(),
      serial,
      notBefore: BigInt(NOW - 60),
      notAfter: BigInt(notAfter),
      fingerprint: randomBytes(32),
    })),
  });
  published += 1;
  await bus.publish(events.issued.type, toBinary(IssuedSchema, message), `issuer-${published}`);
}

const statusOf = ({ customerId, serial }: Omit<Certificate, 'notAfter'>) =>
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
    expect(askedIssuer).toBe(0);
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
    expect(askedIssuer).toBe(0);
  });

  it.each([
    ['long ago', '2025-01-31T23:59:59Z'],
    ['in many years', '2031-01-01T00:00:00Z'],
  ])('is found for a certificate that ends %s, outside of every partition', async (_, when) => {
    const one = certificate(randomUUID(), Date.parse(when) / 1000);
    await issue(one);
    expect((await statusOf(one)).expiresAt).toBe(BigInt(one.notAfter));
    expect(askedIssuer).toBe(0);
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
    minted.set(`${fresh.customerId} ${Buffer.from(fresh.serial).toString('hex')}`, fresh.notAfter);
    expect(await statusOf(fresh)).toMatchObject({
      status: SerialStatus.ACTIVE,
      expiresAt: BigInt(fresh.notAfter),
    });
    await issue(fresh);
    expect((await statusOf(fresh)).status).toBe(SerialStatus.ACTIVE);
    expect(askedIssuer).toBe(1);
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
  it('are there for this month and six more', async () => {
    const rows = await database.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits
        WHERE inhparent = 'revocation.issued_serial'::regclass ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name.replace('revocation.issued_serial_', ''))).toEqual(
      ['05', '06', '07', '08', '09', '10', '11'].map((month) => `2026_${month}`).concat('default'),
    );
  });

  it('take over what had to stand in the default partition', async () => {
    const one = certificate(randomUUID(), Date.parse('2027-02-03T04:05:06Z') / 1000);
    await issue(one);
    const where = async () => {
      const [row] = await database.query<{ name: string }>(
        'SELECT tableoid::regclass::text AS name FROM revocation.issued_serial WHERE customer_id = $1',
        [one.customerId],
      );
      return row?.name;
    };
    expect(await where()).toBe('revocation.issued_serial_default');
    await database.query(`SELECT revocation.ensure_partitions('2027-02-01T00:00:00Z', 0)`);
    expect(await where()).toBe('revocation.issued_serial_2027_02');
    clock.set('2027-02-01T00:00:00Z');
    expect((await statusOf(one)).status).toBe(SerialStatus.ACTIVE);
  });
});

describe('readiness', () => {
  it('depends on the database and its schema', async () => {
    expect(await service.ready()).toEqual({ ready: true, checks: { database: { ready: true } } });
  });
});
