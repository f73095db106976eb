import { create, toBinary } from '@bufbuild/protobuf';
import { connect } from '@nats-io/transport-node';
import { BillingService, CustomerChangedSchema, IssuerService, ProvisionerService } from '#libs/contracts';
import { type NatsServer, startNatsServer } from '#libs/testing';
import { events } from '../events.js';
import { recordingLogger, serveBilling, until } from '../testing/billing.fixture.js';
import { connectNats } from './connect-nats.js';
import type { NatsRuntime } from './nats.runtime.js';
import { natsServerConfig } from './nats-server-config.js';

const passwords = { gateway: 'g"$', issuer: 'i', provisioner: 'p', revocation: 'r', billing: 'b' };

describe('the configuration of nats-server', () => {
  const logger = recordingLogger();
  let server: NatsServer;
  let open: NatsRuntime[] = [];

  async function as(user: keyof typeof passwords): Promise<NatsRuntime> {
    const made = await connectNats({
      url: server.url,
      service: user,
      user,
      password: passwords[user],
      logger,
    });
    open.push(made);
    return made;
  }

  beforeAll(async () => {
    server = await startNatsServer({
      config: ({ port, storeDir }) =>
        natsServerConfig({
          port,
          storeDir,
          passwords,
          clients: { partner: { password: 'secret', calls: [BillingService] } },
        }),
    });
  });

  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    open = [];
    logger.lines.length = 0;
  });

  afterAll(() => server.dispose());

  it('lets a service serve its own, and its callers call', async () => {
    const app = await serveBilling((await as('billing')).rpc, {});
    const client = (await as('gateway')).rpc.client(BillingService);
    await expect(client.getEntitlement({ customerId: 'c' })).resolves.toMatchObject({
      entitlement: { customerId: 'c' },
    });
    const partner = await connect({
      servers: server.url,
      user: 'partner',
      pass: 'secret',
      inboxPrefix: '_INBOX.partner',
    });
    const reply = await partner.request(
      'stackrunner.rpc.stackrunner.billing.v1.BillingService.GetEntitlement',
    );
    expect(reply.headers?.get('grpc-status')).toBe('0');
    await partner.close();
    await app.close();
    expect(logger.lines.filter((line) => line.level === 'error')).toEqual([]);
  });

  it('carries more than a megabyte, and says where the limit is', async () => {
    const app = await serveBilling((await as('billing')).rpc, {});
    const client = (await as('gateway')).rpc.client(BillingService);
    const customerId = 'x'.repeat(3 << 20);
    expect((await client.getEntitlement({ customerId })).entitlement?.customerId.length).toBe(3 << 20);
    await expect(client.getEntitlement({ customerId: 'x'.repeat(8 << 20) })).rejects.toMatchObject({
      code: 'body_too_large',
    });
    await app.close();
  });

  it('refuses a call that is not the caller’s to make, at once', async () => {
    const client = (await as('provisioner')).rpc.client(IssuerService);
    const started = Date.now();
    await expect(client.getQuota({})).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('does not permit'),
    });
    expect(Date.now() - started).toBeLessThan(2000);
    expect(logger.lines.some((line) => line.level === 'error')).toBe(true);
  });

  it('refuses to serve what belongs to another', async () => {
    const app = await serveBilling((await as('issuer')).rpc, {});
    await until(() =>
      logger.lines.some((line) => line.message === 'NATS ended the subscription of a service'),
    );
    await app.close();
  });

  it('carries events from their owner to durable and to every-replica followers, and from nobody else', async () => {
    const [provisioner, issuer, gateway] = [await as('provisioner'), await as('issuer'), await as('gateway')];
    const seen: string[] = [];
    const note = (who: string) => async (_: unknown, id: string) => {
      seen.push(`${who} ${id}`);
    };
    await until(() => [provisioner, issuer, gateway].every((each) => each.connected()));
    await issuer.events.subscribe(events.customerChanged, 'issuer', note('issuer'));
    await gateway.events.subscribe(events.customerChanged, 'gateway', note('gateway'), {
      everyReplica: true,
    });
    const payload = toBinary(CustomerChangedSchema, create(CustomerChangedSchema, {}));
    await provisioner.events.publish(events.customerChanged.type, payload, 'provisioner-1');
    await until(() => seen.length === 2);
    expect(seen.sort()).toEqual(['gateway provisioner-1', 'issuer provisioner-1']);
    expect(logger.lines.filter((line) => line.level === 'error')).toEqual([]);
    await expect(issuer.events.publish(events.customerChanged.type, payload, 'forged')).rejects.toMatchObject(
      {
        code: 'service_unavailable',
      },
    );
  }, 15_000);

  it('does not let a wrong password in, and keeps trying', async () => {
    const stranger = await connectNats({
      url: server.url,
      service: 'issuer',
      user: 'issuer',
      password: 'wrong',
      logger,
    });
    open.push(stranger);
    await until(() => logger.lines.some((line) => line.message.startsWith('cannot reach NATS')));
    const client = stranger.rpc.client(ProvisionerService);
    await expect(client.getCustomer({}, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'service_unavailable',
    });
  });
});
