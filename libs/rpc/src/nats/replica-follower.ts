import { fromBinary, type Message } from '@bufbuild/protobuf';
import {
  type Msg,
  type NatsConnection,
  type Subscription as NatsSubscription,
  nuid,
} from '@nats-io/transport-node';
import { eventSubject } from '../subjects.js';
import { replaySince } from './event-stream.js';
import { eventIdHeader, type Follow, Lanes, redeliveryDelay } from './follow.js';
import type { LinkObserver, NatsLink } from './nats-link.js';

/** Clocks of this machine and of NATS may differ by so much; events seen twice are recognised. */
const clockMarginMs = 60_000;
const replayTimeoutMs = 10_000;
const rememberedIds = 8192;

/**
 * Handles each event on every replica. It listens to the publications themselves, which is as fast
 * as NATS is, and after a lost connection asks JetStream for what was published meanwhile.
 */
export class ReplicaFollower<M extends Message> implements LinkObserver {
  readonly #running = new Set<Promise<void>>();
  readonly #seen = new Set<string>();
  readonly #lanes: Lanes;
  #subscription: NatsSubscription | undefined;
  #lostAt: number | undefined;
  #closed = false;

  constructor(
    private readonly link: NatsLink,
    private readonly follow: Follow<M>,
  ) {
    this.#lanes = new Lanes(follow.concurrency);
    link.observe(this);
  }

  attached(connection: NatsConnection): void {
    this.#subscription = connection.subscribe(eventSubject(this.follow.event.type), {
      callback: (error, message) => this.#arrive(error, message),
    });
    if (this.#lostAt !== undefined) void this.#catchUp(connection);
  }

  lost(): void {
    this.#lostAt ??= Date.now();
  }

  reconnected(connection: NatsConnection): void {
    void this.#catchUp(connection);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.link.forget(this);
    await this.#subscription?.drain().catch(() => undefined);
    await Promise.allSettled([...this.#running]);
  }

  async #catchUp(connection: NatsConnection): Promise<void> {
    for (let attempt = 1; !this.#closed && this.link.current === connection; attempt += 1) {
      try {
        await this.#replay(connection);
        this.#lostAt = undefined;
        return;
      } catch (error) {
        const event = this.follow.event.type;
        if (attempt === 2) this.link.log.warn({ err: error, event }, 'cannot catch up with an event yet');
        await new Promise((resolve) => setTimeout(resolve, redeliveryDelay(attempt)));
      }
    }
  }

  async #replay(connection: NatsConnection): Promise<void> {
    const inbox = `${this.link.inbox}.${nuid.next()}`;
    let arrived = 0;
    let expected = Number.POSITIVE_INFINITY;
    let complete: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      complete = resolve;
    });
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        this.#arrive(error, message);
        arrived += 1;
        if (arrived >= expected) complete();
      },
    });
    let timer: NodeJS.Timeout | undefined;
    try {
      const since = (this.#lostAt ?? Date.now()) - clockMarginMs;
      const type = this.follow.event.type;
      expected = await replaySince(connection, { name: `replay-${nuid.next()}`, type, inbox, since });
      if (arrived >= expected) return;
      const late = new Promise<void>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${arrived} of ${expected} events came`)), replayTimeoutMs);
      });
      await Promise.race([done, late]);
    } finally {
      clearTimeout(timer);
      if (!subscription.isClosed()) subscription.unsubscribe();
    }
  }

  #arrive(error: Error | null, message: Msg): void {
    const facts = { event: this.follow.event.type };
    if (error !== null) {
      this.link.log.error({ err: error, ...facts }, 'NATS ended the subscription of a follower');
      return;
    }
    const id = message.headers?.get(eventIdHeader) ?? '';
    if (id !== '' && !this.#isNew(id)) return;
    const work = this.#lanes.run(() => this.#handle(message.data, id));
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  /** Until the handler is through: nobody else would give this replica the event again. */
  async #handle(data: Uint8Array, id: string): Promise<void> {
    const { event, handler } = this.follow;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await handler(fromBinary(event.schema, data) as M, id);
      } catch (error) {
        this.link.log.warn({ err: error, event: event.type, id, attempt }, 'event handler failed');
        if (this.#closed) return;
        await new Promise((resolve) => setTimeout(resolve, redeliveryDelay(attempt)));
      }
    }
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > rememberedIds && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }
}
