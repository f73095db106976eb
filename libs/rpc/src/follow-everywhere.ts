import type { Message } from '@bufbuild/protobuf';
import type { EventBus, EventDescriptor, EventHandler, Subscription } from './event-bus.js';

/** Events whose second delivery is recognised. */
const rememberedIds = 1_024;

/**
 * Follows an event durably, so that none is missed while no replica runs, and on every replica, so that no memory
 * stays behind. A replica to which it is delivered both ways handles it once; when that fails, each delivery is
 * tried again.
 *
 * @param durable the follower's service name
 * @param handler writes first and forgets then: what is read next is never older than the event
 */
export function followEverywhere<M extends Message>(
  bus: EventBus,
  event: EventDescriptor<M>,
  { durable, handler }: { readonly durable: string; readonly handler: EventHandler<M> },
): Promise<Subscription[]> {
  const shared = once(handler);
  return Promise.all(
    [false, true].map((everyReplica) => bus.subscribe(event, durable, shared, { everyReplica })),
  );
}

function once<M extends Message>(handler: EventHandler<M>): EventHandler<M> {
  const handled = new Map<string, Promise<void>>();
  return (message, id) => {
    const before = handled.get(id);
    if (before) return before;
    const work = handler(message, id);
    handled.set(id, work);
    work.catch(() => handled.delete(id));
    const [oldest] = handled.keys();
    if (oldest !== undefined && handled.size > rememberedIds) handled.delete(oldest);
    return work;
  };
}
