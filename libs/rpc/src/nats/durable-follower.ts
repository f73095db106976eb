import { fromBinary, type Message } from '@bufbuild/protobuf';
import type { Msg, NatsConnection, Subscription as NatsSubscription } from '@nats-io/transport-node';
import { deliverySubject } from '../subjects.js';
import { EventDelivery } from './event-delivery.js';
import { ackWaitMs, ensureConsumer } from './event-stream.js';
import { eventIdHeader, type Follow, Lanes, redeliveryDelay } from './follow.js';
import type { LinkObserver, NatsLink } from './nats-link.js';

/** Handles each event on one replica of a service; acknowledges it when the handler is through. */
export class DurableFollower<M extends Message> implements LinkObserver {
  readonly #running = new Set<Promise<void>>();
  readonly #lanes: Lanes;
  #subscription: NatsSubscription | undefined;
  #closed = false;

  constructor(
    private readonly link: NatsLink,
    private readonly follow: Follow<M>,
  ) {
    this.#lanes = new Lanes(follow.concurrency);
    link.observe(this);
  }

  attached(connection: NatsConnection): void {
    const { durable, event } = this.follow;
    this.#subscription = connection.subscribe(deliverySubject(durable, event.type), {
      queue: durable,
      callback: (error, message) => this.#arrive(error, message),
    });
    void this.#ensure(connection);
  }

  reconnected(connection: NatsConnection): void {
    void this.#ensure(connection);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.link.forget(this);
    await this.#subscription?.drain().catch(() => undefined);
    await Promise.allSettled([...this.#running]);
  }

  /** Until JetStream has the consumer, or this connection is gone and another attempt begins. */
  async #ensure(connection: NatsConnection): Promise<void> {
    const { durable, event } = this.follow;
    for (let attempt = 1; !this.#closed && this.link.current === connection; attempt += 1) {
      try {
        return await ensureConsumer(connection, durable, event.type);
      } catch (error) {
        if (attempt === 2)
          this.link.log.warn({ err: error, durable, event: event.type }, 'cannot follow an event yet');
        await new Promise((resolve) => setTimeout(resolve, redeliveryDelay(attempt)));
      }
    }
  }

  #arrive(error: Error | null, message: Msg): void {
    const facts = { durable: this.follow.durable, event: this.follow.event.type };
    if (error !== null) {
      this.link.log.error({ err: error, ...facts }, 'NATS ended the subscription of a follower');
      return;
    }
    const work = this.#take(new EventDelivery(message), message.headers?.get(eventIdHeader) ?? '');
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async #take(delivery: EventDelivery, id: string): Promise<void> {
    // While it waits or works, NATS must not give the event to another replica.
    const working = setInterval(() => delivery.working(), ackWaitMs / 3);
    try {
      await this.#lanes.run(() => this.#handle(delivery, id));
    } finally {
      clearInterval(working);
    }
  }

  async #handle(delivery: EventDelivery, id: string): Promise<void> {
    const { durable, event, handler } = this.follow;
    const facts = { durable, event: event.type, id, attempt: delivery.attempt };
    let decoded: M;
    try {
      decoded = fromBinary(event.schema, delivery.data) as M;
    } catch (error) {
      this.link.log.error({ err: error, ...facts }, 'an event cannot be read and is given up');
      return delivery.giveUp();
    }
    try {
      await handler(decoded, id);
      delivery.done();
    } catch (error) {
      this.link.log.warn({ err: error, ...facts }, 'event handler failed, the event will come again');
      delivery.again(redeliveryDelay(delivery.attempt));
    }
  }
}
