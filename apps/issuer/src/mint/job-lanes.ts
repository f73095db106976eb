/** Items that wait, a lane for each customer; lanes take turns, and each keeps its order. */
export class JobLanes<T> {
  readonly #lanes = new Map<string, T[]>();

  constructor(private readonly laneOf: (item: T) => string) {}

  /** Lanes in which something waits. */
  get lanes(): number {
    return this.#lanes.size;
  }

  push(item: T): void {
    const lane = this.laneOf(item);
    const waiting = this.#lanes.get(lane);
    if (waiting) waiting.push(item);
    else this.#lanes.set(lane, [item]);
  }

  /** Whose turn it is. */
  get next(): T | undefined {
    const [waiting] = this.#lanes.values();
    return waiting?.[0];
  }

  /** Takes {@link next} out; its lane goes to the end of the row. */
  pass(): void {
    const [first] = this.#lanes;
    if (!first) return;
    const [lane, waiting] = first;
    waiting.shift();
    if (this.#lanes.size === 1 && waiting.length > 0) return;
    this.#lanes.delete(lane);
    if (waiting.length > 0) this.#lanes.set(lane, waiting);
  }
}
