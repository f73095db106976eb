import { create, toBinary } from '@bufbuild/protobuf';
import { CaRetiredSchema } from '#libs/contracts';
import { events } from './events.js';
import { followEverywhere } from './follow-everywhere.js';
import { createInProcessEventBus } from './in-process/in-process.event-bus.js';

const silent = { warn: () => undefined, error: () => undefined, info: () => undefined };

async function followed(fails: (attempt: number) => boolean) {
  const bus = createInProcessEventBus({ logger: silent });
  const seen: string[] = [];
  let attempts = 0;
  const handler = async ({ caId }: { caId: string }) => {
    attempts += 1;
    if (fails(attempts)) throw new Error('not now');
    seen.push(caId);
  };
  const subscriptions = await followEverywhere(bus, events.caRetired, { durable: 'issuer', handler });
  const publish = (caId: string, id: string) =>
    bus.publish(events.caRetired.type, toBinary(CaRetiredSchema, create(CaRetiredSchema, { caId })), id);
  return { bus, seen, subscriptions, publish, attempts: () => attempts };
}

describe('an event that is followed everywhere', () => {
  it('is handled once by a process that gets it both ways', async () => {
    const { bus, seen, subscriptions, publish, attempts } = await followed(() => false);
    expect(subscriptions).toHaveLength(2);
    await publish('one', 'provisioner-1');
    await publish('two', 'provisioner-2');
    expect(seen).toEqual(['one', 'two']);
    expect(attempts()).toBe(2);
    await bus.close();
  });

  it('is handled again after a failure', async () => {
    const { bus, seen, publish } = await followed((attempt) => attempt === 1);
    await publish('one', 'provisioner-1');
    expect(seen).toContain('one');
    await bus.close();
  });
});
