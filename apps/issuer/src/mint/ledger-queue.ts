/** What the queue needs to know of an entry. */
export interface Queueable {
  readonly customerId: string;
  /** Certificates. */
  readonly count: number;
  /** Two entries of a customer with the same key are never in one group. */
  readonly key?: string | undefined;
}

interface Lane<T> {
  readonly customerId: string;
  readonly waiting: T[];
  /** A group with entries of this customer is with the database. */
  busy: boolean;
}

/**
 * Entries that wait for a group: in order within a customer, and in turns between customers.
 *
 * A customer is in one group at a time. A second group could only wait for the first one's row lock, while
 * what arrives meanwhile makes the customer's next group larger.
 */
export class LedgerQueue<T extends Queueable> {
  private readonly lanes = new Map<string, Lane<T>>();
  private readonly ready: Lane<T>[] = [];
  private certificates = 0;

  /** Certificates that wait. */
  get size(): number {
    return this.certificates;
  }

  get hasReady(): boolean {
    return this.ready.length > 0;
  }

  push(entry: T): void {
    let lane = this.lanes.get(entry.customerId);
    if (!lane) {
      lane = { customerId: entry.customerId, waiting: [], busy: false };
      this.lanes.set(entry.customerId, lane);
    }
    if (lane.waiting.length === 0 && !lane.busy) this.ready.push(lane);
    lane.waiting.push(entry);
    this.certificates += entry.count;
  }

  /**
   * The next group, sorted by customer: at most `limit` certificates, or one entry of any size. Its customers
   * are busy until {@link done}.
   */
  take(limit: number): T[] {
    const taken: { customerId: string; entries: T[] }[] = [];
    let room = limit;
    while (room > 0) {
      const lane = this.ready[0];
      if (!lane) break;
      const entries = takeFrom(lane.waiting, room, taken.length === 0);
      if (entries.length === 0) break;
      this.ready.shift();
      lane.busy = true;
      taken.push({ customerId: lane.customerId, entries });
      for (const entry of entries) room -= entry.count;
    }
    this.certificates -= limit - room;
    taken.sort((a, b) => (a.customerId < b.customerId ? -1 : 1));
    return taken.flatMap((each) => each.entries);
  }

  /** The group that {@link take} gave has its answer. */
  done(group: readonly T[]): void {
    for (const { customerId } of group) {
      const lane = this.lanes.get(customerId);
      if (!lane?.busy) continue;
      lane.busy = false;
      if (lane.waiting.length > 0) this.ready.push(lane);
      else this.lanes.delete(customerId);
    }
  }
}

function takeFrom<T extends Queueable>(waiting: T[], room: number, evenTooLarge: boolean): T[] {
  const keys = new Set<string>();
  let end = 0;
  let left = room;
  for (const { count, key } of waiting) {
    if (count > left && !(evenTooLarge && end === 0)) break;
    if (key !== undefined && keys.has(key)) break;
    if (key !== undefined) keys.add(key);
    left -= count;
    end++;
    if (left <= 0) break;
  }
  return waiting.splice(0, end);
}
