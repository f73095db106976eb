import { setTimeout as sleep } from 'node:timers/promises';
import { FairQueue } from './fair-queue.js';

const never = new AbortController().signal;

describe('the fair queue', () => {
  it('lets a single task pass a batch of a hundred that came first', async () => {
    const queue = new FairQueue({ concurrency: 1 });
    const order: string[] = [];
    const task = (lane: string) => queue.run(lane, never, async () => void order.push(lane));
    const heavy = Array.from({ length: 100 }, () => task('heavy'));
    await Promise.all([task('light'), ...heavy]);
    expect(order.indexOf('light')).toBeLessThanOrEqual(2);
    expect(order).toHaveLength(101);
  });

  it('begins no more than its rate', async () => {
    const queue = new FairQueue({ concurrency: 100, perSecond: 200 });
    const started = performance.now();
    await Promise.all(Array.from({ length: 41 }, (_, n) => queue.run(`lane ${n % 3}`, never, async () => n)));
    // 41 turns of 5 ms, three of which may be caught up.
    expect(performance.now() - started).toBeGreaterThan(180);
  });

  it('holds everybody back for a while when it is throttled at a known rate', async () => {
    const queue = new FairQueue({ concurrency: 100, perSecond: 1_000 });
    const begun = async () => {
      const started = performance.now();
      return queue.run('a', never, async () => performance.now() - started);
    };
    expect(queue.paced).toBe(true);
    queue.throttled();
    // 15 ms, which no timer ends early by more than its own rounding.
    expect(await begun()).toBeGreaterThan(13);
    const free = new FairQueue({ concurrency: 100 });
    free.throttled();
    expect(free.paced).toBe(false);
    let first = false;
    const running = free.run('a', never, async () => {
      first = true;
    });
    expect(first).toBe(true);
    await running;
  });

  it('runs fewer at once when it is throttled, and more again with every success', async () => {
    const queue = new FairQueue({ concurrency: 10 });
    queue.throttled();
    expect(queue.window).toBe(7);
    queue.throttled();
    // The second answer was to the same window.
    expect(queue.window).toBe(7);
    await sleep(110);
    queue.throttled();
    expect(queue.window).toBe(4);
    for (let n = 0; n < 60; n++) queue.succeeded(10);
    expect(queue.window).toBe(10);
  });

  it('runs fewer at once when tasks take much longer than the best did, and more again afterwards', () => {
    const queue = new FairQueue({ concurrency: 64 });
    const sample = (milliseconds: number) => {
      for (let n = 0; n < 16; n++) queue.succeeded(milliseconds);
    };
    sample(10);
    expect(queue.window).toBe(64);
    sample(25);
    expect(queue.window).toBe(44);
    // Neither calm nor alarming: it stays.
    sample(18);
    expect(queue.window).toBe(44);
    for (let n = 0; n < 40; n++) sample(25);
    expect(queue.window).toBe(8);
    for (let n = 0; n < 200; n++) sample(10);
    expect(queue.window).toBe(64);
  });

  it('keeps as many under way as its rate needs, however long they take', () => {
    const queue = new FairQueue({ concurrency: 64, perSecond: 1_000 });
    const sample = (milliseconds: number) => {
      for (let n = 0; n < 16; n++) queue.succeeded(milliseconds);
    };
    sample(10);
    for (let n = 0; n < 40; n++) sample(25);
    // At 25 ms a task, 1,000 a second are 25 at once.
    expect(queue.window).toBe(40);
  });

  it('begins nothing whose caller has given up', async () => {
    const queue = new FairQueue({ concurrency: 1 });
    const controller = new AbortController();
    let begun = false;
    const blocker = queue.run('a', never, () => sleep(20));
    const waiting = queue.run('b', controller.signal, async () => {
      begun = true;
    });
    controller.abort(new Error('too late'));
    await expect(waiting).rejects.toThrow('too late');
    await blocker;
    expect(begun).toBe(false);
  });
});
