import { fromBinary, type Message } from '@bufbuild/protobuf';
import { DomainError } from '#libs/errors';
import type {
  EventBus,
  EventDescriptor,
  EventHandler,
  SubscribeOptions,
  Subscription,
} from '../event-bus.js';
import { fallbackLogger, type RpcLogger } from '../rpc-logger.js';

/** Waits before an event is handed to a failing handler again, in milliseconds. */
const retryDelaysMs = [20, 100, 500, 2000];
/** Events whose second delivery is recognised, as JetStream does within its dedupe window. */
const rememberedIds = 4096;

export interface InProcessEventBus extends EventBus {
  /**
   * Lets events through. A bus that was created `held` keeps publishers waiting until every service
   * of the process has subscribed: an event that nobody follows yet would be lost.
   */
  release(): void;
}

/** Events within one process: `publish` resolves when every durable follower has handled the event. */
export function createInProcessEventBus(
  options: { logger?: RpcLogger; held?: boolean } = {},
): InProcessEventBus {
  return new LocalEventBus(options.logger ?? fallbackLogger(), options.held ?? false);
}

interface Follower {
  readonly durable: string;
  readonly everyReplica: boolean;
  deliver(payload: Uint8Array, id: string): Promise<void>;
}

class LocalEventBus implements InProcessEventBus {
  readonly #followers = new Map<string, Follower[]>();
  readonly #running = new Set<Promise<void>>();
  readonly #seen = new Set<string>();
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;
  #closed = false;

  constructor(
    private readonly log: RpcLogger,
    held: boolean,
  ) {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    if (!held) this.#open();
  }

  release(): void {
    this.#open();
  }

  async publish(type: string, payload: Uint8Array, id: string): Promise<void> {
    await this.#opened;
    if (this.#closed) throw unavailable();
    if (this.#seen.has(id)) return;
    const work = this.#deliver(type, payload, id);
    this.#running.add(work);
    await work.finally(() => this.#running.delete(work));
    this.#remember(id);
  }

  async subscribe<M extends Message>(
    event: EventDescriptor<M>,
    durable: string,
    handler: EventHandler<M>,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    const running = new Set<Promise<void>>();
    const follower: Follower = {
      durable,
      everyReplica: options.everyReplica ?? false,
      deliver: async (payload, id) => {
        const work = handler(fromBinary(event.schema, payload) as M, id);
        running.add(work);
        await work.finally(() => running.delete(work));
      },
    };
    const list = this.#followers.get(event.type) ?? [];
    list.push(follower);
    this.#followers.set(event.type, list);
    return {
      close: async () => {
        const left = this.#followers.get(event.type)?.filter((entry) => entry !== follower) ?? [];
        this.#followers.set(event.type, left);
        await Promise.allSettled([...running]);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#open();
    await Promise.allSettled([...this.#running]);
  }

  async #deliver(type: string, payload: Uint8Array, id: string): Promise<void> {
    const followers = this.#followers.get(type) ?? [];
    // Followers of one durable name share the event: the first that is left takes it.
    const durables = new Map(followers.filter((f) => !f.everyReplica).map((f) => [f.durable, f]));
    for (const follower of followers.filter((f) => f.everyReplica)) {
      this.#withRetries(follower, type, payload, id).catch(() => undefined);
    }
    await Promise.all([...durables.values()].map((f) => this.#withRetries(f, type, payload, id)));
  }

  async #withRetries(follower: Follower, type: string, payload: Uint8Array, id: string): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await follower.deliver(payload, id);
      } catch (error) {
        const wait = retryDelaysMs[attempt];
        this.log.warn({ err: error, type, id, durable: follower.durable, attempt }, 'event handler failed');
        if (wait === undefined || this.#closed) {
          throw new DomainError('service_unavailable', `${follower.durable} did not take event ${id}.`, {
            cause: error,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  #remember(id: string): void {
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > rememberedIds && oldest !== undefined) this.#seen.delete(oldest);
  }
}

function unavailable(): DomainError {
  return new DomainError('service_unavailable', 'The event bus is closed.');
}
