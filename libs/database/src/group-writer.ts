import { isUnavailable } from './database-error.js';

export interface GroupWriterOptions<T> {
  /** How much of a group an item takes. */
  readonly weigh: (item: T) => number;
  /** What a group weighs at most: enough to make its fixed cost vanish, few enough to be quick. */
  readonly most: number;
  /** Makes a group durable: all of it, or nothing. */
  readonly write: (group: readonly T[]) => Promise<void>;
}

interface Waiting<T> {
  readonly item: T;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes what arrives in groups. One group is written at a time; what arrives meanwhile goes into the next one, so the
 * busier it is, the cheaper an item becomes, and nothing waits for a timer.
 */
export class GroupWriter<T> {
  readonly #waiting: Waiting<T>[] = [];
  #writing = false;

  constructor(private readonly options: GroupWriterOptions<T>) {}

  /** Resolves when the item is durable; rejects with what its writing threw. */
  add(item: T): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ item, done, failed });
      if (!this.#writing) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      // What arrives in the same turn shares the first group already.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#write(this.#next());
    }
    this.#writing = false;
  }

  /** The longest waiting items, as many as one group takes, and at least one. */
  #next(): Waiting<T>[] {
    const { weigh, most } = this.options;
    let items = 0;
    let weight = 0;
    for (const { item } of this.#waiting) {
      weight += weigh(item);
      if (items > 0 && weight > most) break;
      items += 1;
    }
    return this.#waiting.splice(0, items);
  }

  /** Never rejects: each item learns its own outcome. */
  async #write(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.options.write(group.map(({ item }) => item));
    } catch (error) {
      // One item that cannot be written must not hold up those that came with it.
      if (group.length > 1 && !isUnavailable(error)) {
        for (const each of group) await this.#write([each]);
        return;
      }
      for (const { failed } of group) failed(error);
      return;
    }
    for (const { done } of group) done();
  }
}
