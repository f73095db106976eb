import type { Message } from '@bufbuild/protobuf';
import { jetstream } from '@nats-io/jetstream';
import { InvalidArgumentError, type NatsConnection } from '@nats-io/transport-node';
import { DomainError } from '#libs/errors';
import type {
  EventBus,
  EventDescriptor,
  EventHandler,
  SubscribeOptions,
  Subscription,
} from '../event-bus.js';
import { eventSubject } from '../subjects.js';
import { DurableFollower } from './durable-follower.js';
import { ensureStream } from './event-stream.js';
import type { LinkObserver, NatsLink } from './nats-link.js';
import { ReplicaFollower } from './replica-follower.js';

const publishTimeoutMs = 5000;

/** Events over JetStream, on the connection that carries the calls. */
export class NatsEventBus implements EventBus, LinkObserver {
  readonly #followers = new Set<Subscription>();
  #stream: Promise<unknown> | undefined;
  #closed = false;

  constructor(private readonly link: NatsLink) {
    link.observe(this);
  }

  /** NATS may have come back without its storage. */
  reconnected(): void {
    this.#stream = undefined;
  }

  attached(): void {
    this.#stream = undefined;
  }

  async publish(type: string, payload: Uint8Array, id: string): Promise<void> {
    if (this.#closed) throw unavailable('The event bus is closed.');
    const connection = await this.link.up(Date.now() + publishTimeoutMs);
    try {
      await this.#ready(connection);
      const options = { msgID: id, timeout: publishTimeoutMs, retries: 0 };
      await jetstream(connection).publish(eventSubject(type), payload, options);
    } catch (cause) {
      this.#stream = undefined;
      if (cause instanceof InvalidArgumentError) {
        throw new DomainError('internal', `Event ${id} cannot be published: ${cause.message}`, { cause });
      }
      throw unavailable(`Event ${id} was not taken by NATS.`, cause);
    }
  }

  async subscribe<M extends Message>(
    event: EventDescriptor<M>,
    durable: string,
    handler: EventHandler<M>,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    if (this.#closed) throw unavailable('The event bus is closed.');
    const Follower = options.everyReplica === true ? ReplicaFollower : DurableFollower;
    const follower = new Follower(this.link, {
      event,
      durable,
      handler,
      concurrency: options.concurrency ?? 16,
    });
    this.#followers.add(follower);
    // What is published after this call is seen by it, when NATS is there; nobody waits for NATS.
    await this.link.current?.flush().catch(() => undefined);
    return {
      close: async () => {
        this.#followers.delete(follower);
        await follower.close();
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#followers].map((follower) => follower.close()));
    this.link.forget(this);
  }

  /** Once a connection; again after a failure. */
  async #ready(connection: NatsConnection): Promise<void> {
    this.#stream ??= ensureStream(connection);
    await this.#stream;
  }
}

function unavailable(message: string, cause?: unknown): DomainError {
  return new DomainError('service_unavailable', message, { cause });
}
