import { create, toBinary } from '@bufbuild/protobuf';
import { CredentialChangedSchema } from '#libs/contracts';
import { type NatsServer, startNatsServer } from '#libs/testing';
import { events } from '../events.js';
import { recordingLogger, until } from '../testing/billing.fixture.js';
import { connectNats } from './connect-nats.js';
import type { NatsRuntime } from './nats.runtime.js';

const { type } = events.credentialChanged;

function payload(customerId: string): Uint8Array {
  return toBinary(CredentialChangedSchema, create(CredentialChangedSchema, { customerId }));
}

describe('events over JetStream', () => {
  const logger = recordingLogger();
  let server: NatsServer;
  let open: NatsRuntime[] = [];

  async function runtime(service: string): Promise<NatsRuntime> {
    const made = await connectNats({ url: server.url, service, logger });
    open.push(made);
    await until(() => made.connected());
    return made;
  }

  beforeEach(async () => {
    server = await startNatsServer();
  });

  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    open = [];
    logger.lines.length = 0;
    await server.dispose();
  });

  it('delivers to a follower that comes later, decoded and with its id', async () => {
    const publisher = (await runtime('gateway')).events;
    await publisher.publish(type, payload('acme'), 'gateway-1');
    const seen: string[] = [];
    const follower = (await runtime('issuer')).events;
    await follower.subscribe(events.credentialChanged, 'issuer', async (message, id) => {
      seen.push(`${message.customerId} ${id}`);
    });
    await until(() => seen.length === 1);
    expect(seen).toEqual(['acme gateway-1']);
  });

  it('recognises an event that is published twice', async () => {
    const bus = (await runtime('gateway')).events;
    const seen: string[] = [];
    await bus.subscribe(events.credentialChanged, 'gateway', async (_, id) => {
      seen.push(id);
    });
    for (const id of ['1', '1', '2', '1']) await bus.publish(type, payload('acme'), id);
    await until(() => seen.length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(seen.sort()).toEqual(['1', '2']);
  });

  it('delivers again what a handler refused, and gives up what cannot be read', async () => {
    const bus = (await runtime('gateway')).events;
    const attempts: string[] = [];
    await bus.subscribe(events.credentialChanged, 'gateway', async (_, id) => {
      attempts.push(id);
      if (attempts.length < 3) throw new Error('not now');
    });
    await bus.publish(type, Uint8Array.of(0xff), 'broken');
    await bus.publish(type, payload('acme'), 'ok');
    await until(() => attempts.length === 3);
    expect(attempts).toEqual(['ok', 'ok', 'ok']);
    expect(logger.lines.map((line) => line.message)).toContain('an event cannot be read and is given up');
  });

  it('shares a durable subscription between replicas, and reaches every replica when asked', async () => {
    const shared: string[] = [];
    const all: string[] = [];
    for (const replica of ['a', 'b']) {
      const bus = (await runtime('gateway')).events;
      await bus.subscribe(events.credentialChanged, 'gateway', async (_, id) => {
        shared.push(id);
      });
      const every = { everyReplica: true };
      const note = async (_: unknown, id: string) => {
        all.push(replica + id);
      };
      await bus.subscribe(events.credentialChanged, 'gateway', note, every);
    }
    const publisher = (await runtime('gateway')).events;
    const ids = Array.from({ length: 50 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => publisher.publish(type, payload('acme'), id)));
    await until(() => shared.length === 50 && all.length === 100);
    expect(new Set(shared).size).toBe(50);
    expect(new Set(all).size).toBe(100);
  });

  it('goes on after NATS was killed, and catches up with what a replica missed', async () => {
    const durable: string[] = [];
    const replica: string[] = [];
    const follower = await runtime('issuer');
    await follower.events.subscribe(events.credentialChanged, 'issuer', async (_, id) => {
      durable.push(id);
    });
    const note = async (_: unknown, id: string) => {
      replica.push(id);
    };
    await follower.events.subscribe(events.credentialChanged, 'issuer', note, { everyReplica: true });
    const publisher = await runtime('gateway');
    await publisher.events.publish(type, payload('acme'), 'before');
    await until(() => durable.length === 1 && replica.length === 1);
    await server.kill();
    await until(() => !follower.connected() && !publisher.connected());
    // Published before the follower is back: a new process connects at once, the follower backs off.
    const during = publisher.events.publish(type, payload('acme'), 'during').catch(() => undefined);
    await server.start();
    await during;
    const fresh = await runtime('gateway');
    await fresh.events.publish(type, payload('acme'), 'during');
    await until(() => durable.includes('during') && replica.includes('during'), 15_000);
    await fresh.events.publish(type, payload('acme'), 'after');
    await until(() => durable.includes('after') && replica.includes('after'));
    expect(new Set(durable)).toEqual(new Set(['before', 'during', 'after']));
    expect(replica.sort()).toEqual(['after', 'before', 'during']);
  }, 30_000);

  it('finishes what a follower has in hand before it closes', async () => {
    const made = await runtime('gateway');
    let begun = false;
    let finished = false;
    await made.events.subscribe(events.credentialChanged, 'gateway', async () => {
      begun = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
      finished = true;
    });
    await made.events.publish(type, payload('acme'), '1');
    await until(() => begun);
    await made.close();
    expect(finished).toBe(true);
    await expect(made.events.publish(type, payload('acme'), '2')).rejects.toMatchObject({
      code: 'service_unavailable',
    });
  });
});
