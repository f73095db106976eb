import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import { DomainError } from '#libs/errors';
import type {
  EventBus,
  EventDescriptor,
  EventHandler,
  SubscribeOptions,
  Subscription,
} from '../event-bus.js';
import { createInProcessTransport } from '../in-process/in-process.transport.js';
import { OutgoingCall } from '../outgoing-call.js';
import type { RpcLogger } from '../rpc-logger.js';
import { type CallOptions, type Client, makeClient, type RpcTransport } from '../rpc-transport.js';
import type { Channel, MainMessage, ReplicaMessage } from './channel.js';

export interface ReplicaRuntime {
  readonly rpc: RpcTransport;
  readonly events: EventBus;
}

export interface ReplicaOptions {
  readonly channel: Channel<ReplicaMessage, MainMessage>;
  /** Services that this process serves itself; all others, it asks the main process. */
  readonly local: readonly DescService[];
  readonly logger: RpcLogger;
}

/**
 * RPC and events of a process that serves beside a main process, as one more replica of some of its services. What is
 * handled once for all replicas, the main process handles; what every replica must hear comes through the channel.
 */
export function createReplicaRuntime({ channel, local, logger }: ReplicaOptions): ReplicaRuntime {
  const link = new MainLink(channel, logger);
  const inProcess = createInProcessTransport({ logger });
  const names = new Set(local.map(({ typeName }) => typeName));
  const rpc: RpcTransport = {
    client<S extends DescService>(service: S): Client<S> {
      if (names.has(service.typeName)) return inProcess.client(service);
      return makeClient(service, (method, request, options) => link.call(method, request, options));
    },
    server: () => inProcess.server(),
    close: () => inProcess.close(),
  };
  return { rpc, events: link };
}

interface Pending {
  readonly resolve: (response: Uint8Array) => void;
  readonly reject: (error: DomainError) => void;
}

type Deliver = (payload: Uint8Array, id: string) => Promise<void>;

/** Longest that publishing waits for those who handle an event, in milliseconds. */
const publishTimeoutMs = 30_000;

class MainLink implements EventBus {
  private readonly pending = new Map<number, Pending>();
  private readonly followers = new Map<string, Set<Deliver>>();
  private readonly running = new Set<Promise<void>>();
  private lastId = 0;

  constructor(
    private readonly channel: Channel<ReplicaMessage, MainMessage>,
    private readonly log: RpcLogger,
  ) {
    channel.onMessage((message) => this.take(message));
  }

  async call(method: DescMethodUnary, request: object, options: CallOptions | undefined): Promise<Message> {
    const call = new OutgoingCall(method, options);
    call.delivered = true;
    const message = create(method.input, request as MessageInitShape<DescMessage>);
    const response = await this.ask(call, (id) => ({
      kind: 'call',
      id,
      service: method.parent.typeName,
      method: method.localName,
      request: toBinary(method.input, message),
      timeoutMs: Math.max(1, call.remainingMs),
      metadata: { ...Object.fromEntries(call.context.metadata), 'x-request-id': call.context.requestId },
    }));
    return fromBinary(method.output, response);
  }

  async publish(type: string, payload: Uint8Array, eventId: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new DomainError('service_unavailable', `Event ${eventId} was not taken in time.`);
      timer = setTimeout(() => reject(error), publishTimeoutMs);
    });
    const id = ++this.lastId;
    const taken = this.answerTo(id);
    this.channel.send({ kind: 'publish', id, type, payload, eventId });
    try {
      await Promise.race([taken, late]);
    } finally {
      clearTimeout(timer);
      this.pending.delete(id);
    }
  }

  async subscribe<M extends Message>(
    event: EventDescriptor<M>,
    _durable: string,
    handler: EventHandler<M>,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    // The replica in the main process takes what one replica takes for all.
    if (!options.everyReplica) return { close: async () => undefined };
    const deliver: Deliver = (payload, id) => handler(fromBinary(event.schema, payload) as M, id);
    const followers = this.followers.get(event.type) ?? new Set();
    this.followers.set(event.type, followers.add(deliver));
    this.channel.send({ kind: 'follow', type: event.type });
    return {
      close: async () => {
        followers.delete(deliver);
        await Promise.allSettled([...this.running]);
      },
    };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.running]);
  }

  private ask(call: OutgoingCall, message: (id: number) => ReplicaMessage): Promise<Uint8Array> {
    const id = ++this.lastId;
    call.onGiveUp = () => this.pending.delete(id);
    const answer = this.answerTo(id);
    this.channel.send(message(id));
    return call.settle(answer);
  }

  private answerTo(id: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => this.pending.set(id, { resolve, reject }));
  }

  private take(message: MainMessage): void {
    if (message.kind === 'event') {
      for (const deliver of this.followers.get(message.type) ?? []) this.run(deliver, message);
      return;
    }
    const waiting = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.response);
    else waiting?.reject(new DomainError(message.code, message.message, { details: message.details }));
  }

  private run(deliver: Deliver, { type, payload, eventId }: Extract<MainMessage, { kind: 'event' }>): void {
    const work = deliver(payload, eventId)
      .catch((error: unknown) => this.log.warn({ err: error, type, id: eventId }, 'event handler failed'))
      .finally(() => this.running.delete(work));
    this.running.add(work);
  }
}
