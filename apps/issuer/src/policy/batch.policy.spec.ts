import { LeafProfile } from '#libs/contracts';
import { admitBatch, leafValidity } from './batch.policy.js';

const profile = LeafProfile.UNSPECIFIED;
const customerId = '6f0e4d43-9a5e-4c1b-8a52-0b7e3a520001';
const csrs = (count: number): Uint8Array[] => Array.from({ length: count }, () => new Uint8Array());

describe('the bounds of a batch', () => {
  it.each([
    [1, 3_600n],
    [100, 7_776_000n],
  ])('admit %d requests for %d seconds', (count, ttlSeconds) => {
    expect(
      admitBatch({ customerId, csrs: csrs(count), ttlSeconds, profile, credentialId: '' }),
    ).toMatchObject({
      ttl: Number(ttlSeconds),
    });
  });

  it.each([
    [0, 3_600n, 'bad_count'],
    [101, 3_600n, 'bad_count'],
    [1, 3_599n, 'bad_ttl'],
    [1, 7_776_001n, 'bad_ttl'],
    [1, -1n, 'bad_ttl'],
    [1, 2n ** 62n, 'bad_ttl'],
  ])('refuse %d requests for %d seconds with %s', (count, ttlSeconds, code) => {
    expect(() =>
      admitBatch({ customerId, csrs: csrs(count), ttlSeconds, profile, credentialId: '' }),
    ).toThrow(expect.objectContaining({ code }));
  });

  it.each(['', 'acme', customerId.toUpperCase(), `${customerId} `])('refuse the customer id "%s"', (id) => {
    expect(() =>
      admitBatch({ customerId: id, csrs: csrs(1), ttlSeconds: 3_600n, profile, credentialId: '' }),
    ).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });
});

describe('the validity of a leaf', () => {
  const now = Date.UTC(2026, 0, 1, 0, 0, 0, 999);
  const second = Date.UTC(2026, 0, 1) / 1000;

  it('begins a minute ago and ends after the TTL', () => {
    const validity = leafValidity(now, 3_600, now + 86_400_000);
    expect(validity).toEqual({ notBefore: second - 60, notAfter: second + 3_600 });
  });

  it('may end with the intermediate, and not a second later', () => {
    expect(leafValidity(now, 3_600, (second + 3_600) * 1000).notAfter).toBe(second + 3_600);
    expect(() => leafValidity(now, 3_601, (second + 3_600) * 1000)).toThrow(
      expect.objectContaining({
        code: 'bad_ttl',
        message: expect.stringContaining('2026-01-01T01:00:00.000Z'),
      }),
    );
  });
});
