import { LedgerQueue } from './ledger-queue.js';

interface Entry {
  readonly customerId: string;
  readonly count: number;
  readonly name: string;
}

function queueOf(...entries: [customerId: string, count: number][]): LedgerQueue<Entry> {
  const queue = new LedgerQueue<Entry>();
  entries.forEach(([customerId, count], index) => {
    queue.push({ customerId, count, name: `${customerId}${index}` });
  });
  return queue;
}

const names = (entries: readonly Entry[]): string[] => entries.map((entry) => entry.name);

describe('the queue of the ledger', () => {
  it('gives a group sorted by customer, in order within each', () => {
    const queue = queueOf(['b', 1], ['a', 1], ['b', 2], ['c', 1]);
    expect(queue.size).toBe(5);
    expect(names(queue.take(100))).toEqual(['a1', 'b0', 'b2', 'c3']);
    expect(queue.size).toBe(0);
  });

  it('fills a group no further than its limit', () => {
    const queue = queueOf(['a', 40], ['a', 40], ['a', 40], ['b', 10]);
    const group = queue.take(100);
    expect(names(group)).toEqual(['a0', 'a1', 'b3']);
    expect(queue.size).toBe(40);
  });

  it('gives an entry that is larger than the limit a group of its own', () => {
    const queue = queueOf(['a', 300], ['a', 1]);
    expect(names(queue.take(100))).toEqual(['a0']);
    expect(queue.size).toBe(1);
  });

  it('keeps a customer out of further groups until its group is done', () => {
    const queue = queueOf(['a', 1]);
    const first = queue.take(100);
    queue.push({ customerId: 'a', count: 1, name: 'later' });
    queue.push({ customerId: 'b', count: 1, name: 'other' });
    const second = queue.take(100);
    expect(names(second)).toEqual(['other']);
    expect(queue.hasReady).toBe(false);
    queue.done(first);
    expect(queue.hasReady).toBe(true);
    expect(names(queue.take(100))).toEqual(['later']);
  });

  it('keeps twins apart, and their order', () => {
    const queue = new LedgerQueue<Entry & { key?: string }>();
    for (const [name, key] of [
      ['a', 'k'],
      ['b', undefined],
      ['c', 'k'],
      ['d', 'other'],
    ] as const) {
      queue.push({ customerId: 'x', count: 1, name, ...(key && { key }) });
    }
    queue.push({ customerId: 'y', count: 1, name: 'e', key: 'k' });
    const first = queue.take(100);
    expect(names(first)).toEqual(['a', 'b', 'e']);
    queue.done(first);
    expect(names(queue.take(100))).toEqual(['c', 'd']);
  });

  it('lets customers take turns', () => {
    const queue = queueOf(['a', 60], ['a', 60], ['b', 60], ['c', 60]);
    const order: string[] = [];
    while (queue.hasReady) {
      const group = queue.take(60);
      order.push(...names(group));
      queue.done(group);
    }
    expect(order).toEqual(['a0', 'b2', 'c3', 'a1']);
  });
});
