import { LatencyWatch } from './latency-watch.js';

export interface FairQueueOptions {
  /** Most tasks at once. */
  readonly concurrency: number;
  /** Most tasks begun in a second; without it, as fast as they end. */
  readonly perSecond?: number | undefined;
}

interface Waiting {
  /** Begins the task. False when nobody waits for it any more: then it took no turn. */
  readonly begin: () => boolean;
}

/** After a throttled answer the window shrinks to this part of itself. */
const shrink = 0.7;
/** Milliseconds in which several throttled answers count as one: they were sent under the same window. */
const shrinkPauseMs = 100;
/** Milliseconds of turns that may be caught up at once, because timers are late and processes busy. */
const slackMs = 12;
/** Milliseconds of turns that a lane that waits alone is given at once: to wake for each costs more than they do. */
const breathMs = 8;
/**
 * Milliseconds of turns that nobody has after a throttled answer at a known rate: the service counts another way, or
 * calls came to it bunched. Without this, one that begins at the very rate never gives back what it once owed, and who
 * comes seldom is throttled time and again behind those who come all the time.
 */
const yieldMs = 15;

/** Tasks that take this many times as long as the best do wait in a row somewhere behind the window. */
const tolerated = 2;
/** Below this, the window may grow. */
const calm = 1.4;
/** However long they take: the reason may be a busy process, which fewer tasks would not help. */
const leastByLatency = 8;

/**
 * Turns at a quota that many share: lanes take turns, so that one tenant's batch of a hundred delays another's single
 * certificate by one turn and not by a hundred. Who waits should wait here, where it is fair, and not in a row in
 * front of or within the backend: when tasks take much longer than the best did, or when the backend throttles, fewer
 * run at once, and more again with each success (additive increase, multiplicative decrease).
 */
export class FairQueue {
  readonly #lanes = new Map<string, Waiting[]>();
  readonly #gapMs: number;
  readonly #latency = new LatencyWatch();
  #running = 0;
  #window: number;
  #shrunkAt = Number.NEGATIVE_INFINITY;
  #nextTurn = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: FairQueueOptions) {
    this.#window = options.concurrency;
    this.#gapMs = options.perSecond === undefined ? 0 : 1_000 / options.perSecond;
  }

  /** Most tasks that may run now. */
  get window(): number {
    return Math.max(1, Math.floor(this.#window));
  }

  /** Whether it knows the rate of its backend. */
  get paced(): boolean {
    return this.#gapMs > 0;
  }

  /**
   * Runs the task when it is its lane's turn.
   *
   * @param signal takes it out of the queue again; its reason is thrown then
   */
  run<T>(lane: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const begin = () => {
        if (signal.aborted) {
          reject(signal.reason);
          return false;
        }
        this.#running++;
        task()
          .then(resolve, reject)
          .finally(() => {
            this.#running--;
            this.#dispatch();
          });
        return true;
      };
      const waiting = this.#lanes.get(lane);
      if (waiting) waiting.push({ begin });
      else this.#join(lane, { begin });
      this.#dispatch();
    });
  }

  /** A task was served, in so many milliseconds: the window grows, unless tasks take longer than they could. */
  succeeded(milliseconds: number): void {
    const { concurrency } = this.options;
    const weighed = this.#latency.add(milliseconds);
    if (weighed && this.#latency.ratio > tolerated) {
      const least = Math.min(this.#window, concurrency, Math.max(leastByLatency, this.#neededByRate));
      this.#window = Math.max(least, this.#window * shrink);
    } else if (this.#latency.ratio < calm) {
      this.#window = Math.min(concurrency, this.#window + 1 / this.#window);
    }
  }

  /** How many run at once at the known rate, also when each takes twice as long as is tolerated. */
  get #neededByRate(): number {
    return this.#gapMs === 0 ? 0 : (2 * tolerated * this.#latency.best) / this.#gapMs;
  }

  /** A task was throttled: the window shrinks. */
  throttled(): void {
    const now = performance.now();
    if (now - this.#shrunkAt < shrinkPauseMs) return;
    this.#shrunkAt = now;
    if (this.#gapMs > 0) this.#nextTurn = Math.max(this.#nextTurn, now) + yieldMs;
    this.#window = Math.max(1, this.#window * shrink);
  }

  /** A lane that joins another does not wait until that one's turns come together. */
  #join(lane: string, first: Waiting): void {
    this.#lanes.set(lane, [first]);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #dispatch(): void {
    while (this.#running < this.window) {
      if (this.#lanes.size === 0 || this.#mustWait()) return;
      const [first] = this.#lanes;
      if (!first) return;
      const [lane, waiting] = first;
      const next = waiting.shift();
      // To the end of the row: the next lane is first now.
      this.#lanes.delete(lane);
      if (waiting.length > 0) this.#lanes.set(lane, waiting);
      if (next?.begin()) this.#nextTurn += this.#gapMs;
    }
  }

  #mustWait(): boolean {
    if (this.#gapMs === 0) return false;
    const now = performance.now();
    this.#nextTurn = Math.max(this.#nextTurn, now - slackMs);
    if (this.#timer === undefined && this.#nextTurn <= now) return false;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#dispatch();
      },
      this.#nextTurn - now + this.#breathMs(),
    );
    return true;
  }

  /** No longer than all that wait need. */
  #breathMs(): number {
    const [waiting] = this.#lanes.values();
    if (this.#lanes.size !== 1 || waiting === undefined) return 0;
    return Math.min(breathMs, (waiting.length - 1) * this.#gapMs);
  }
}
