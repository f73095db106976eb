import { randomBytes } from 'node:crypto';
import { RecentlySeen } from './recently-seen.js';

describe('what was seen lately', () => {
  it('is known the second time, among thousands of others', () => {
    const seen = new RecentlySeen();
    const keys = Array.from({ length: 100 }, () => randomBytes(91));
    expect(keys.some((key) => seen.add(key))).toBe(false);
    expect(keys.filter((key) => seen.add(key)).length).toBeGreaterThan(95);
    for (let i = 0; i < 1_000; i += 1) seen.add(randomBytes(91));
    expect(keys.filter((key) => seen.add(key)).length).toBeGreaterThan(80);
  });

  it('gives its place to others', () => {
    const seen = new RecentlySeen();
    const [one = Buffer.alloc(91), ...others] = Array.from({ length: 400_000 }, () => randomBytes(91));
    seen.add(one);
    for (const other of others) seen.add(other);
    expect(seen.add(one)).toBe(false);
  });

  it.each([0, 1, 7])('takes %i octets', (length) => {
    const seen = new RecentlySeen();
    expect(() => seen.add(new Uint8Array(length))).not.toThrow();
  });
});
