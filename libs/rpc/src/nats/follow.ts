import type { Message } from '@bufbuild/protobuf';
import type { EventDescriptor, EventHandler } from '../event-bus.js';

/** One follower's wish. */
export interface Follow<M extends Message> {
  readonly event: EventDescriptor<M>;
  readonly durable: string;
  readonly handler: EventHandler<M>;
  readonly concurrency: number;
}

/** The header by which JetStream recognises an event that it has. */
export const eventIdHeader = 'Nats-Msg-Id';

/** Waits before a failed event is tried again, in milliseconds; the last repeats. */
const redeliveryDelaysMs = [100, 500, 2000, 10_000, 30_000];

/** @param attempts how often the event was delivered, from 1 */
export function redeliveryDelay(attempts: number): number {
  return redeliveryDelaysMs[Math.min(attempts, redeliveryDelaysMs.length) - 1] ?? 0;
}

/** At most so many jobs at a time; the others wait in order. */
export class Lanes {
  readonly #waiting: Array<() => void> = [];
  #free: number;

  constructor(size: number) {
    this.#free = size;
  }

  async run(job: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await job();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
