import type { Clock } from '#libs/service';
import type { TokenPrincipal } from './principal.js';

export interface BearerCacheOptions {
  readonly clock: Clock;
  /** Most entries of each kind; the oldest go first. Default 20,000. */
  readonly capacity?: number;
}

/** Events drop what changed; the time limits are for events that never came. */
const knownForMs = 30_000;
const unknownForMs = 5_000;

interface Entry {
  readonly principal: TokenPrincipal | undefined;
  readonly until: number;
}

/**
 * Remembers by its hash whom a bearer stands for, or that it stands for nobody. Wrong bearers have a space of
 * their own, so that guessing pushes no customer out. Only active customers are remembered: any other state
 * is about to change, and the change must be seen at once.
 */
export class BearerCache {
  private readonly known = new Map<string, Entry>();
  private readonly unknown = new Map<string, Entry>();
  private readonly capacity: number;
  /** Grows with every invalidation: an answer read before one is not remembered after it. */
  private generation = 0;

  constructor(private readonly options: BearerCacheOptions) {
    this.capacity = options.capacity ?? 20_000;
  }

  /** @returns the entry, whose principal is undefined for a bearer known to be wrong; undefined when not remembered */
  get(hash: string): Pick<Entry, 'principal'> | undefined {
    const entry = this.known.get(hash) ?? this.unknown.get(hash);
    return entry !== undefined && entry.until > this.options.clock.now() ? entry : undefined;
  }

  /** What to pass to `put` with an answer that is asked for now. */
  get mark(): number {
    return this.generation;
  }

  put(hash: string, principal: TokenPrincipal | undefined, mark: number): void {
    if (mark !== this.generation) return;
    const now = this.options.clock.now();
    if (principal === undefined) this.store(this.unknown, hash, { principal, until: now + unknownForMs });
    else if (principal.status === 'active')
      this.store(this.known, hash, { principal, until: now + knownForMs });
  }

  /** Forgets every bearer of a customer, and every wrong one: it may be right now. */
  forget(customerId: string): void {
    this.generation += 1;
    this.unknown.clear();
    for (const [hash, { principal }] of this.known) {
      if (principal?.customerId === customerId) this.known.delete(hash);
    }
  }

  private store(entries: Map<string, Entry>, hash: string, entry: Entry): void {
    entries.delete(hash);
    entries.set(hash, entry);
    if (entries.size <= this.capacity) return;
    const [oldest] = entries.keys();
    if (oldest !== undefined) entries.delete(oldest);
  }
}
