import { create, toBinary } from '@bufbuild/protobuf';
import { BillingService, CredentialChangedSchema, ProvisionerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { events } from '../events.js';
import { createInProcessEventBus } from '../in-process/in-process.event-bus.js';
import { createInProcessTransport } from '../in-process/in-process.transport.js';
import { type BillingFake, serveBilling } from '../testing/billing.fixture.js';
import type { Channel, MainMessage, ReplicaMessage } from './channel.js';
import { createReplicaRuntime } from './replica.runtime.js';
import { serveReplica } from './serve-replica.js';

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined };

/** Two ends that clone what they carry and deliver it later, as a pipe between processes does. */
function pipe(): [Channel<MainMessage, ReplicaMessage>, Channel<ReplicaMessage, MainMessage>] {
  let toReplica: (message: MainMessage) => void = () => undefined;
  let toMain: (message: ReplicaMessage) => void = () => undefined;
  return [
    {
      send: (message) => void setImmediate(() => toReplica(structuredClone(message))),
      onMessage: (take) => {
        toMain = take;
      },
    },
    {
      send: (message) => void setImmediate(() => toMain(structuredClone(message))),
      onMessage: (take) => {
        toReplica = take;
      },
    },
  ];
}

async function pair(fake: BillingFake = {}) {
  const rpc = createInProcessTransport({ logger: silent });
  const bus = createInProcessEventBus({ logger: silent });
  const app = await serveBilling(rpc, fake);
  const [mainEnd, replicaEnd] = pipe();
  const host = serveReplica({ channel: mainEnd, rpc, events: bus, services: [BillingService] });
  const replica = createReplicaRuntime({ channel: replicaEnd, local: [], logger: silent });
  return { replica, bus, host, close: () => app.close() };
}

const { type } = events.credentialChanged;
const payload = toBinary(CredentialChangedSchema, create(CredentialChangedSchema, { customerId: 'acme' }));
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a replica process and its main process', () => {
  it('has its calls answered, with the request id and the caller’s deadline', async () => {
    const contexts: { requestId: string; left: number }[] = [];
    const { replica, close } = await pair({
      getEntitlement: async ({ customerId }, { requestId, deadline }) => {
        contexts.push({ requestId, left: deadline - Date.now() });
        return { entitlement: { customerId, perMinute: 7n } };
      },
    });
    const metadata = { 'x-request-id': 'r-1' };
    const answer = await replica.rpc
      .client(BillingService)
      .getEntitlement({ customerId: 'acme' }, { timeoutMs: 60_000, metadata });
    expect(answer.entitlement).toMatchObject({ customerId: 'acme', perMinute: 7n });
    expect(contexts[0]?.requestId).toBe('r-1');
    expect(contexts[0]?.left).toBeGreaterThan(5_000);
    await close();
  });

  it('gets a refusal with its code and details', async () => {
    const { replica, close } = await pair({
      setLimits: async () => {
        throw new DomainError('quota_exceeded', 'Too many.', { details: { limit: 5 } });
      },
    });
    await expect(replica.rpc.client(BillingService).setLimits({})).rejects.toMatchObject({
      code: 'quota_exceeded',
      message: 'Too many.',
      details: { limit: 5 },
    });
    await close();
  });

  it('may call only what the main process lets it', async () => {
    const { replica, close } = await pair();
    await expect(
      replica.rpc.client(ProvisionerService).getCustomer({ handle: 'acme' }),
    ).rejects.toMatchObject({ code: 'internal' });
    await close();
  });

  it('gives up at the deadline when the main process says nothing', async () => {
    const [, replicaEnd] = pipe();
    const replica = createReplicaRuntime({ channel: replicaEnd, local: [], logger: silent });
    await expect(replica.rpc.client(BillingService).setLimits({}, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'deadline_exceeded',
    });
  });

  it('publishes through the main process, whose followers handle an event once', async () => {
    const { replica, bus, close } = await pair();
    const seen: string[] = [];
    await bus.subscribe(events.credentialChanged, 'gateway', async (_, id) => void seen.push(`main ${id}`));
    await replica.events.subscribe(events.credentialChanged, 'gateway', async (_, id) => {
      seen.push(`replica ${id}`);
    });
    await replica.events.publish(type, payload, 'gateway-1');
    await settled();
    expect(seen).toEqual(['main gateway-1']);
    await bus.close();
    await expect(replica.events.publish(type, payload, 'gateway-2')).rejects.toMatchObject({
      code: 'service_unavailable',
    });
    await close();
  });

  it('hears what every replica hears, until it has ended', async () => {
    const { replica, bus, host, close } = await pair();
    const seen: string[] = [];
    const note = async ({ customerId }: { customerId: string }, id: string) => {
      seen.push(`${customerId} ${id}`);
    };
    const everyReplica = { everyReplica: true };
    await replica.events.subscribe(events.credentialChanged, 'gateway', note, everyReplica);
    await settled();
    await bus.publish(type, payload, 'gateway-1');
    await settled();
    expect(seen).toEqual(['acme gateway-1']);
    await host.close();
    await bus.publish(type, payload, 'gateway-2');
    await settled();
    expect(seen).toEqual(['acme gateway-1']);
    await close();
  });
});
