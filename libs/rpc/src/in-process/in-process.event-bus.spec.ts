import { create, toBinary } from '@bufbuild/protobuf';
import { CredentialChangedSchema } from '#libs/contracts';
import { events } from '../events.js';
import { gate, recordingLogger } from '../testing/billing.fixture.js';
import { createInProcessEventBus } from './in-process.event-bus.js';

const { type } = events.credentialChanged;
const payload = toBinary(CredentialChangedSchema, create(CredentialChangedSchema, { customerId: 'acme' }));

describe('the in-process event bus', () => {
  const logger = recordingLogger();

  it('resolves a publication when its durable followers have handled it', async () => {
    const bus = createInProcessEventBus({ logger });
    const held = gate();
    const seen: string[] = [];
    await bus.subscribe(events.credentialChanged, 'issuer', async (message, id) => {
      await held.opened;
      seen.push(`${message.customerId} ${id}`);
    });
    const published = bus.publish(type, payload, 'gateway-1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([]);
    held.open();
    await published;
    expect(seen).toEqual(['acme gateway-1']);
  });

  it('gives a durable event to one replica, and to every replica when asked', async () => {
    const bus = createInProcessEventBus({ logger });
    const seen: string[] = [];
    for (const replica of ['a', 'b']) {
      await bus.subscribe(events.credentialChanged, 'gateway', async () => {
        seen.push(`one of them`);
      });
      const note = async () => {
        seen.push(`every ${replica}`);
      };
      await bus.subscribe(events.credentialChanged, 'gateway', note, { everyReplica: true });
    }
    await bus.publish(type, payload, '1');
    expect(seen.sort()).toEqual(['every a', 'every b', 'one of them']);
  });

  it('hands an event to a failing handler again, and tells the publisher when that does not help', async () => {
    const bus = createInProcessEventBus({ logger });
    let failures = 2;
    const follower = await bus.subscribe(events.credentialChanged, 'issuer', async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('not now');
    });
    await bus.publish(type, payload, '1');
    expect(failures).toBe(-1);
    failures = 100;
    await expect(bus.publish(type, payload, '2')).rejects.toMatchObject({ code: 'service_unavailable' });
    await follower.close();
    await bus.publish(type, payload, '2');
  }, 10_000);

  it('recognises an event that is published twice', async () => {
    const bus = createInProcessEventBus({ logger });
    const seen: string[] = [];
    await bus.subscribe(events.credentialChanged, 'issuer', async (_, id) => {
      seen.push(id);
    });
    for (const id of ['1', '2', '1']) await bus.publish(type, payload, id);
    expect(seen).toEqual(['1', '2']);
  });

  it('holds publications back until it is released', async () => {
    const bus = createInProcessEventBus({ logger, held: true });
    const published = bus.publish(type, payload, '1');
    const seen: string[] = [];
    await bus.subscribe(events.credentialChanged, 'issuer', async (_, id) => {
      seen.push(id);
    });
    bus.release();
    await published;
    expect(seen).toEqual(['1']);
    await bus.close();
    await expect(bus.publish(type, payload, '2')).rejects.toMatchObject({ code: 'service_unavailable' });
  });
});
