import { createLogger } from '#libs/observability';
import { createInProcessEventBus, events } from '#libs/rpc';
import { RevocationAnnouncer } from './revocation.announcer.js';

const logger = createLogger('revocation', 'silent');
const event = { id: 'revocation-7', payload: Buffer.alloc(0) };

describe('an announcement of a revocation', () => {
  it('has reached who follows revocations when it resolves, and comes once with the event of the outbox', async () => {
    const bus = createInProcessEventBus();
    const heard: string[] = [];
    await bus.subscribe(events.revoked, 'revocation', async (_, id) => void heard.push(id), {
      everyReplica: true,
    });
    await new RevocationAnnouncer({ events: bus, logger }).announce(event);
    expect(heard).toEqual(['revocation-7']);
    await bus.publish(events.revoked.type, event.payload, event.id);
    expect(heard).toEqual(['revocation-7']);
    await bus.close();
  });

  it.each([
    ['fails', () => Promise.reject(new Error('away'))],
    ['does not answer', () => new Promise<void>(() => undefined)],
  ])('keeps no caller waiting when the event bus %s', async (_, publish) => {
    await expect(
      new RevocationAnnouncer({ events: { publish }, logger }).announce(event),
    ).resolves.toBeUndefined();
  });
});
