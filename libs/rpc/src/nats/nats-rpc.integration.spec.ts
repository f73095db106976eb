import { BillingService } from '#libs/contracts';
import { type NatsServer, startNatsServer } from '#libs/testing';
import { recordingLogger, serveBilling } from '../testing/billing.fixture.js';
import { connectNats } from './connect-nats.js';
import type { NatsRuntime } from './nats.runtime.js';

describe('gRPC over NATS', () => {
  let server: NatsServer;
  let runtimes: NatsRuntime[] = [];
  const logger = recordingLogger();

  async function runtime(service = 'test', url = server.url): Promise<NatsRuntime> {
    const made = await connectNats({ url, service, logger });
    runtimes.push(made);
    return made;
  }

  beforeAll(async () => {
    server = await startNatsServer();
  });

  afterEach(async () => {
    await Promise.all(runtimes.map((each) => each.close()));
    runtimes = [];
  });

  afterAll(async () => {
    await server.dispose();
  });

  it('carries a message, its metadata and its answer', async () => {
    const service = await runtime('billing');
    const seen: Array<{ id: string; tenant: string | undefined; left: number }> = [];
    const app = await serveBilling(service.rpc, {
      getEntitlement: async (request, context) => {
        seen.push({
          id: context.requestId,
          tenant: context.metadata.get('tenant'),
          left: context.deadline - Date.now(),
        });
        return { entitlement: { customerId: request.customerId, perMinute: 500n } };
      },
    });
    const client = (await runtime('gateway')).rpc.client(BillingService);
    const answer = await client.getEntitlement(
      { customerId: 'ü' },
      { timeoutMs: 2000, metadata: { 'x-request-id': 'r-1', Tenant: 'acme' } },
    );
    expect(answer.entitlement).toMatchObject({ customerId: 'ü', perMinute: 500n });
    expect(seen).toEqual([{ id: 'r-1', tenant: 'acme', left: expect.any(Number) }]);
    expect(seen[0]?.left).toBeLessThanOrEqual(2000);
    await app.close();
  });
});
