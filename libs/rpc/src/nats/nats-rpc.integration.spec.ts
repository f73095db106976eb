import { create, toBinary } from '@bufbuild/protobuf';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { BillingService, GetEntitlementRequestSchema } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type NatsServer, startNatsServer } from '#libs/testing';
import { gate, recordingLogger, serveBilling } from '../testing/billing.fixture.js';
import { connectNats } from './connect-nats.js';
import type { NatsRuntime } from './nats.runtime.js';

const subject = 'stackrunner.rpc.stackrunner.billing.v1.BillingService.GetEntitlement';

describe('gRPC over NATS', () => {
  const logger = recordingLogger();
  let server: NatsServer;
  let plain: NatsConnection;
  let open: NatsRuntime[] = [];

  async function runtime(service: string): Promise<NatsRuntime> {
    const made = await connectNats({ url: server.url, service, logger });
    open.push(made);
    return made;
  }

  beforeAll(async () => {
    server = await startNatsServer();
    plain = await connect({ servers: server.url });
  });

  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    open = [];
    logger.lines.length = 0;
  });

  afterAll(async () => {
    await plain.close();
    await server.dispose();
  });

  it('carries a message, its metadata and its answer', async () => {
    const seen: Array<{ id: string; tenant: string | undefined; left: number }> = [];
    const app = await serveBilling((await runtime('billing')).rpc, {
      getEntitlement: async (request, context) => {
        const left = context.deadline - Date.now();
        seen.push({ id: context.requestId, tenant: context.metadata.get('tenant'), left });
        return { entitlement: { customerId: request.customerId, perMinute: 500n } };
      },
    });
    const client = (await runtime('gateway')).rpc.client(BillingService);
    const options = { timeoutMs: 2000, metadata: { 'x-request-id': 'r-1', Tenant: 'acme' } };
    const answer = await client.getEntitlement({ customerId: 'ü' }, options);
    expect(answer.entitlement).toMatchObject({ customerId: 'ü', perMinute: 500n });
    expect(seen).toEqual([{ id: 'r-1', tenant: 'acme', left: expect.any(Number) }]);
    expect(seen[0]?.left).toBeLessThanOrEqual(2000);
    await app.close();
  });

  it('gives a domain error as it was thrown, and hides any other', async () => {
    const app = await serveBilling((await runtime('billing')).rpc, {
      setLimits: async (request) => {
        if (request.customerId === 'bug') throw new TypeError('secret detail');
        throw new DomainError('quota_exceeded', '100 % größer', { details: { limit: 5000, used: 5000 } });
      },
    });
    const client = (await runtime('gateway')).rpc.client(BillingService);
    await expect(client.setLimits({})).rejects.toMatchObject({
      name: 'DomainError',
      code: 'quota_exceeded',
      message: '100 % größer',
      details: { limit: 5000, used: 5000 },
    });
    const hidden = client.setLimits({ customerId: 'bug' }, { metadata: { 'x-request-id': 'r-2' } });
    await expect(hidden).rejects.toMatchObject({
      code: 'internal',
      message: expect.not.stringContaining('secret'),
    });
    expect(logger.lines).toContainEqual({
      level: 'error',
      facts: expect.objectContaining({ requestId: 'r-2', err: expect.any(TypeError) }),
      message: 'rpc handler failed',
    });
    await app.close();
  });

  it('speaks gRPC statuses to a client that knows nothing of ours', async () => {
    const app = await serveBilling((await runtime('billing')).rpc, {
      getEntitlement: async (request) => {
        if (request.customerId !== '') throw new DomainError('customer_not_found', 'Nobody; größer.');
        return {};
      },
    });
    await (await runtime('gateway')).rpc.client(BillingService).getEntitlement({});
    const ask = async (to: string, body: Uint8Array, timeout = '5S') => {
      const head = headers();
      head.set('grpc-timeout', timeout);
      const reply = await plain.request(to, body, { headers: head, timeout: 2000 });
      return { status: reply.headers?.get('grpc-status'), message: reply.headers?.get('grpc-message') };
    };
    const body = toBinary(
      GetEntitlementRequestSchema,
      create(GetEntitlementRequestSchema, { customerId: 'c' }),
    );
    expect(await ask(subject, new Uint8Array())).toEqual({ status: '0', message: '' });
    expect(await ask(subject, body)).toEqual({ status: '5', message: 'Nobody; gr%C3%B6%C3%9Fer.' });
    expect(await ask(subject, Uint8Array.of(0xff))).toMatchObject({ status: '3' });
    expect(await ask(subject, new Uint8Array(), '0m')).toMatchObject({ status: '4' });
    expect(await ask(subject.replace('GetEntitlement', 'Nope'), body)).toMatchObject({ status: '12' });
    const bare = await plain.request(subject, new Uint8Array());
    expect(bare.headers?.get('grpc-status')).toBe('0');
    await app.close();
  });

  it('gives up at the deadline and when the caller does', async () => {
    const held = gate();
    const app = await serveBilling((await runtime('billing')).rpc, {
      getEntitlement: async () => {
        await held.opened;
        return {};
      },
    });
    const client = (await runtime('gateway')).rpc.client(BillingService);
    await expect(client.getEntitlement({}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'deadline_exceeded',
    });
    const abort = new AbortController();
    const call = client.getEntitlement({}, { signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    await expect(call).rejects.toMatchObject({ code: 'deadline_exceeded' });
    held.open();
    await app.close();
  });

  it('waits for a service that is not there yet, until the deadline', async () => {
    const client = (await runtime('gateway')).rpc.client(BillingService);
    const started = Date.now();
    await expect(client.getEntitlement({}, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'service_unavailable',
    });
    expect(Date.now() - started).toBeLessThan(1000);
    const early = client.getEntitlement({ customerId: 'early' });
    const app = await serveBilling((await runtime('billing')).rpc, {});
    await expect(early).resolves.toMatchObject({ entitlement: { customerId: 'early' } });
    await app.close();
  });

  it('says clearly when a call or an answer is larger than NATS carries', async () => {
    const app = await serveBilling((await runtime('billing')).rpc, {
      getEntitlement: async () => ({ entitlement: { plan: 'x'.repeat(2 << 20) } }),
    });
    const client = (await runtime('gateway')).rpc.client(BillingService);
    await expect(client.getEntitlement({ customerId: 'x'.repeat(1 << 20) })).rejects.toMatchObject({
      code: 'body_too_large',
      message: expect.stringContaining('max_payload'),
    });
    await expect(client.getEntitlement({})).rejects.toMatchObject({ code: 'internal' });
    expect(logger.lines.map((line) => line.message)).toContain('an rpc reply is over max_payload');
    await app.close();
  });

  it('shares calls between replicas, and loses none while they restart under load', async () => {
    const answered = new Map<string, number>();
    const replica = async () => {
      const made = await runtime('billing');
      let count = 0;
      const app = await serveBilling(made.rpc, {
        getEntitlement: async (request) => {
          count += 1;
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
          answered.set(request.customerId, (answered.get(request.customerId) ?? 0) + 1);
          return { entitlement: { customerId: request.customerId } };
        },
      });
      const stop = async () => {
        await app.close();
        await made.close();
        return count;
      };
      return { stop };
    };
    const client = (await runtime('gateway')).rpc.client(BillingService);
    let running = true;
    let asked = 0;
    const load = Array.from({ length: 20 }, async () => {
      while (running) {
        asked += 1;
        const customerId = `c${asked}`;
        const answer = await client.getEntitlement({ customerId });
        expect(answer.entitlement?.customerId).toBe(customerId);
      }
    });
    let replicas = await Promise.all([replica(), replica()]);
    const counts: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      const [first, ...rest] = replicas;
      // Now and then nobody is left for a moment.
      if (round % 3 === 2) counts.push(...(await Promise.all(rest.map((each) => each.stop()))));
      counts.push((await first?.stop()) ?? 0);
      replicas = round % 3 === 2 ? [await replica(), await replica()] : [...rest, await replica()];
    }
    running = false;
    await Promise.all(load);
    counts.push(...(await Promise.all(replicas.map((each) => each.stop()))));
    expect(answered.size).toBe(asked);
    expect([...answered.values()].every((times) => times === 1)).toBe(true);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(4);
  }, 20_000);

  it('answers NATS service discovery', async () => {
    const app = await serveBilling((await runtime('billing')).rpc, {
      setLimits: async () => {
        throw new DomainError('bad_request', 'no');
      },
    });
    const client = (await runtime('gateway')).rpc.client(BillingService);
    await client.getEntitlement({});
    await client.setLimits({}).catch(() => undefined);
    const ping = (await plain.request('$SRV.PING')).json<{ name: string; id: string; type: string }>();
    expect(ping).toMatchObject({
      type: 'io.nats.micro.v1.ping_response',
      name: 'BillingService',
      version: '1.0.0',
    });
    const info = (await plain.request('$SRV.INFO.BillingService')).json<object>();
    expect(info).toMatchObject({
      type: 'io.nats.micro.v1.info_response',
      endpoints: [{ name: 'GetEntitlement', subject }, { name: 'SetLimits' }, { name: 'ChangePlan' }],
    });
    const stats = (await plain.request(`$SRV.STATS.BillingService.${ping.id}`)).json<object>();
    expect(stats).toMatchObject({
      type: 'io.nats.micro.v1.stats_response',
      endpoints: [
        { num_requests: 1, num_errors: 0, processing_time: expect.any(Number) },
        { num_requests: 1, num_errors: 1, last_error: 'bad_request' },
        { num_requests: 0, num_errors: 0 },
      ],
    });
    await app.close();
  });
});
