/** Tasks of one sample: the latency of one alone says little. */
const sampleSize = 16;
/** Milliseconds after which the best sample is forgotten: a backend that has become slower is believed. */
const bestStandsMs = 10_000;

/** How long tasks take, compared with how long they took at best in the last seconds. */
export class LatencyWatch {
  #sum = 0;
  #count = 0;
  /** The best samples of this span of time and of the one before it. */
  #best = Number.POSITIVE_INFINITY;
  #bestBefore = Number.POSITIVE_INFINITY;
  #spanEnds = 0;
  #ratio = 1;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The last full sample's average over the best one's. */
  get ratio(): number {
    return this.#ratio;
  }

  /** The best sample's average in milliseconds. */
  get best(): number {
    return Math.min(this.#best, this.#bestBefore);
  }

  /** Adds one task. True when it filled a sample, so that the ratio is new. */
  add(milliseconds: number): boolean {
    this.#sum += milliseconds;
    if (++this.#count < sampleSize) return false;
    const average = this.#sum / sampleSize;
    this.#sum = 0;
    this.#count = 0;
    const now = this.now();
    if (now >= this.#spanEnds) {
      this.#spanEnds = now + bestStandsMs;
      this.#bestBefore = this.#best;
      this.#best = average;
    }
    this.#best = Math.min(this.#best, average);
    this.#ratio = average / this.best;
    return true;
  }
}
