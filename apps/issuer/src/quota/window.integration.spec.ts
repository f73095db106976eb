import { FixedClock } from '#libs/testing';
import type { Ledger } from '../mint/mint.ledger.js';
import type { LedgerVerdict } from '../mint/record-mints.js';
import { ledgerEntry } from '../testing/ledger-entry.js';
import { LedgerHarness } from '../testing/ledger-harness.js';

/** Repeatable randomness (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('the window of 60 seconds', () => {
  const start = Date.UTC(2026, 4, 1, 12);
  const clock = new FixedClock(start);
  let harness: LedgerHarness;
  let ledger: Ledger;

  beforeAll(async () => {
    harness = await LedgerHarness.start(clock);
    ledger = harness.ledger();
  });
  afterAll(() => harness.stop());
  beforeEach(() => clock.set(start));

  const record = (customerId: string, count: number): Promise<LedgerVerdict> =>
    ledger.record(ledgerEntry({ customerId, count }));

  it('never holds more than the limit, and lets in what it promised', async () => {
    const next = random(7);
    const limit = 10;
    const customerId = await harness.customer(limit);
    const issued: { at: number; count: number }[] = [];
    let promised: { at: number; count: number } | undefined;
    for (let step = 0; step < 400; step++) {
      const count = promised?.count ?? 1 + Math.floor(next() * 4);
      if (promised) clock.set(Math.max(promised.at, clock.now()));
      else clock.advance(Math.floor(next() * next() * 20_000));
      const verdict = await record(customerId, count);
      if (promised) expect(verdict.outcome).toBe('minted');
      promised = undefined;
      if (verdict.outcome === 'minted') issued.push({ at: clock.now(), count });
      if (verdict.outcome !== 'rate_limited') continue;
      expect(verdict.retrySeconds).toBeGreaterThanOrEqual(1);
      expect(verdict.retrySeconds).toBeLessThanOrEqual(60);
      if (next() < 0.3) promised = { at: clock.now() + verdict.retrySeconds * 1000, count };
    }
    for (const { at } of issued) {
      const within = issued.filter((each) => each.at >= at && each.at < at + 60_000);
      expect(within.reduce((sum, each) => sum + each.count, 0)).toBeLessThanOrEqual(limit);
    }
    expect(issued.length).toBeGreaterThan(50);
  });

  it('is full again after 60 seconds to the millisecond', async () => {
    const customerId = await harness.customer(3);
    clock.advance(400);
    await record(customerId, 3);
    expect(await record(customerId, 1)).toMatchObject({
      outcome: 'rate_limited',
      retrySeconds: 60,
      limits: { minuteLimit: 3, minuteUsed: 3, resetSeconds: 60 },
    });
    clock.advance(59_999);
    expect(await record(customerId, 1)).toMatchObject({ outcome: 'rate_limited', retrySeconds: 1 });
    clock.advance(1);
    expect(await record(customerId, 3)).toMatchObject({ outcome: 'minted', limits: { minuteUsed: 3 } });
  });

  it('says when as many certificates as were asked for would fit', async () => {
    const customerId = await harness.customer(10);
    await record(customerId, 4);
    clock.advance(20_000);
    await record(customerId, 6);
    clock.advance(10_000);
    expect(await record(customerId, 4)).toMatchObject({ outcome: 'rate_limited', retrySeconds: 30 });
    expect(await record(customerId, 5)).toMatchObject({ outcome: 'rate_limited', retrySeconds: 50 });
  });

  it('refuses a batch that is larger than the limit itself', async () => {
    const customerId = await harness.customer(10);
    expect(await record(customerId, 11)).toMatchObject({
      outcome: 'rate_limited',
      retrySeconds: 60,
      limits: { minuteLimit: 10, minuteUsed: 0 },
    });
    const none = await harness.customer(0);
    expect(await record(none, 1)).toMatchObject({ outcome: 'rate_limited' });
  });

  it('counts from the latest entry while a clock is behind', async () => {
    const customerId = await harness.customer(2);
    await record(customerId, 1);
    clock.advance(-30_000);
    await record(customerId, 1);
    clock.set(start + 59_999);
    expect(await record(customerId, 1)).toMatchObject({ outcome: 'rate_limited' });
    clock.set(start + 60_000);
    expect(await record(customerId, 2)).toMatchObject({ outcome: 'minted' });
  });
});
