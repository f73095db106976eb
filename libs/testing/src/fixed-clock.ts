import type { Clock } from '#libs/service';

/** A clock that stands still until it is told otherwise. */
export class FixedClock implements Clock {
  #now: number;

  /** @param start milliseconds since the Unix epoch, or anything that Date understands */
  constructor(start: number | string = '2026-01-15T12:00:00Z') {
    this.#now = new Date(start).getTime();
  }

  now(): number {
    return this.#now;
  }

  set(to: number | string): void {
    this.#now = new Date(to).getTime();
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
