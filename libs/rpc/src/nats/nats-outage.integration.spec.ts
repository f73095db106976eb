import { BillingService, ProvisionerService } from '#libs/contracts';
import { type NatsServer, startNatsServer } from '#libs/testing';
import { gate, recordingLogger, serveBilling, until } from '../testing/billing.fixture.js';
import { connectNats } from './connect-nats.js';
import type { NatsRuntime } from './nats.runtime.js';

describe('gRPC over NATS, when NATS fails', () => {
  const logger = recordingLogger();
  let server: NatsServer;
  let open: NatsRuntime[] = [];

  async function runtime(service: string): Promise<NatsRuntime> {
    const made = await connectNats({ url: server.url, service, logger });
    open.push(made);
    return made;
  }

  beforeEach(async () => {
    server = await startNatsServer();
  });

  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    open = [];
    await server.dispose();
  });

  it('starts before NATS does, and serves when it comes', async () => {
    await server.stop();
    const billing = await runtime('billing');
    const gateway = await runtime('gateway');
    const app = await serveBilling(billing.rpc, {});
    expect(gateway.connected()).toBe(false);
    const client = gateway.rpc.client(BillingService);
    await expect(client.getEntitlement({}, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'service_unavailable',
    });
    const early = client.getEntitlement({ customerId: 'early' }, { timeoutMs: 10_000 });
    await server.start();
    await expect(early).resolves.toMatchObject({ entitlement: { customerId: 'early' } });
    expect(gateway.connected()).toBe(true);
    await app.close();
  }, 20_000);

  it('gives an answer that was ready while NATS was away', async () => {
    const held = gate();
    const billing = await runtime('billing');
    let begun = false;
    const app = await serveBilling(billing.rpc, {
      setLimits: async (request) => {
        begun = true;
        await held.opened;
        return { entitlement: { customerId: request.customerId } };
      },
    });
    const gateway = await runtime('gateway');
    const call = gateway.rpc.client(BillingService).setLimits({ customerId: 'c' }, { timeoutMs: 15_000 });
    await until(() => begun);
    await server.kill();
    await until(() => !billing.connected() && !gateway.connected());
    held.open();
    await server.start();
    await expect(call).resolves.toMatchObject({ entitlement: { customerId: 'c' } });
    await app.close();
  }, 20_000);

  it('serves and calls again after NATS was killed, and closes while it is away', async () => {
    const billing = await runtime('billing');
    const app = await serveBilling(billing.rpc, {});
    const gateway = await runtime('gateway');
    const client = gateway.rpc.client(BillingService);
    for (let round = 0; round < 3; round += 1) {
      await client.getEntitlement({});
      await server.kill();
      await until(() => !gateway.connected());
      await expect(client.getEntitlement({}, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'service_unavailable',
      });
      await server.start();
      await client.getEntitlement({}, { timeoutMs: 15_000 });
    }
    await server.kill();
    await app.close();
    await expect(
      gateway.rpc.client(ProvisionerService).getCustomer({}, { timeoutMs: 20 }),
    ).rejects.toMatchObject({ code: 'service_unavailable' });
  }, 40_000);
});
