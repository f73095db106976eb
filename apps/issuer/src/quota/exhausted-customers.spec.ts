import { FixedClock } from '#libs/testing';
import { ExhaustedCustomers } from './exhausted-customers.js';
import { monthEnd } from './month.js';

describe('customers that were just refused', () => {
  const start = '2026-12-31T23:59:59.700Z';
  const clock = new FixedClock(start);
  let exhausted: ExhaustedCustomers;

  beforeEach(() => {
    clock.set(start);
    exhausted = new ExhaustedCustomers(clock);
  });

  it('are refused the same for a second, and less is let through to the ledger', () => {
    exhausted.remember('acme', { limit: 500, used: 490, count: 20, retrySeconds: 30 });
    expect(() => exhausted.check('acme', 20)).toThrow(
      expect.objectContaining({ code: 'rate_limited', details: { limit: 500, used: 490, retry_after: 30 } }),
    );
    expect(() => exhausted.check('acme', 19)).not.toThrow();
    expect(() => exhausted.check('globex', 20)).not.toThrow();
    clock.advance(999);
    expect(() => exhausted.check('acme', 21)).toThrow(expect.objectContaining({ code: 'rate_limited' }));
    clock.advance(1);
    expect(() => exhausted.check('acme', 21)).not.toThrow();
  });

  it('are forgotten when their limits change', () => {
    exhausted.remember('acme', { limit: 500, used: 500, count: 1, retrySeconds: 30 });
    exhausted.forget('acme');
    expect(() => exhausted.check('acme', 1)).not.toThrow();
  });

  it('of a month are free when it ends', () => {
    exhausted.remember('acme', { limit: 5_000, used: 5_000, count: 1, retrySeconds: undefined });
    expect(() => exhausted.check('acme', 1)).toThrow(
      expect.objectContaining({
        code: 'quota_exceeded',
        details: { limit: 5_000, used: 5_000, resets_at: '2027-01-01T00:00:00Z' },
      }),
    );
    clock.set('2027-01-01T00:00:00Z');
    expect(() => exhausted.check('acme', 1)).not.toThrow();
  });
});

describe('the end of a month', () => {
  it.each([
    ['2026-02-01T00:00:00Z', '2026-03-01T00:00:00.000Z'],
    ['2028-02-29T23:59:59.999Z', '2028-03-01T00:00:00.000Z'],
    ['2026-12-15T10:00:00Z', '2027-01-01T00:00:00.000Z'],
  ])('of %s is %s', (at, end) => {
    expect(new Date(monthEnd(Date.parse(at))).toISOString()).toBe(end);
  });
});
