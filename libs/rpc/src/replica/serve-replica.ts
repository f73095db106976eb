import { type DescService, fromBinary, type Message, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { DomainError } from '#libs/errors';
import type { EventBus, EventDescriptor, Subscription } from '../event-bus.js';
import { events as knownEvents } from '../events.js';
import { isUnary, type RpcTransport } from '../rpc-transport.js';
import type { Channel, MainMessage, ReplicaMessage } from './channel.js';

export interface ReplicaHost {
  readonly channel: Channel<MainMessage, ReplicaMessage>;
  readonly rpc: RpcTransport;
  readonly events: EventBus;
  /** What a replica may call. */
  readonly services: readonly DescService[];
}

type AnyMethod = (request: object, options: object) => Promise<MessageShape<never> & Message>;

/**
 * Serves a replica from the main process: performs its calls, publishes its events, and passes on the events that it
 * follows. Close it when the replica has ended.
 */
export function serveReplica({ channel, rpc, events, services }: ReplicaHost): Subscription {
  const byName = new Map(
    services.map((service) => [service.typeName, { service, client: rpc.client(service) }]),
  );
  const followed = new Map<string, Promise<Subscription>>();

  async function call({
    service,
    method,
    request,
    timeoutMs,
    metadata,
  }: Extract<ReplicaMessage, { kind: 'call' }>) {
    const known = byName.get(service);
    const description = known?.service.methods.find(({ localName }) => localName === method);
    if (!known || !description || !isUnary(description)) {
      throw new DomainError('internal', `A replica may not call ${service}.${method}.`);
    }
    const perform = (known.client as Readonly<Record<string, AnyMethod>>)[method] as AnyMethod;
    const response = await perform(fromBinary(description.input, request), { timeoutMs, metadata });
    return toBinary(description.output, response);
  }

  async function perform(message: Exclude<ReplicaMessage, { kind: 'follow' }>): Promise<MainMessage> {
    const { id } = message;
    try {
      if (message.kind === 'call') return { kind: 'answer', id, response: await call(message) };
      await events.publish(message.type, message.payload, message.eventId);
      return { kind: 'answer', id, response: new Uint8Array() };
    } catch (error) {
      const { code, message: text, details } = DomainError.from(error);
      return { kind: 'refusal', id, code, message: text, details };
    }
  }

  function follow(type: string): void {
    const event = Object.values(knownEvents).find((known) => known.type === type) as
      | EventDescriptor
      | undefined;
    if (!event || followed.has(type)) return;
    const pass = async (message: Message, eventId: string) =>
      channel.send({ kind: 'event', type, payload: toBinary(event.schema, message), eventId });
    followed.set(type, events.subscribe(event, 'replica', pass, { everyReplica: true }));
  }

  channel.onMessage((message) => {
    if (message.kind === 'follow') follow(message.type);
    else void perform(message).then((answer) => channel.send(answer));
  });
  return {
    async close() {
      const subscriptions = await Promise.all(followed.values());
      await Promise.all(subscriptions.map((each) => each.close()));
    },
  };
}
