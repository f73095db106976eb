import { BearerCache } from './bearer-cache.js';
import type { BearerPrincipal } from './principal.js';

const bearer = { kind: 'bearer', tier: 'dev', hash: '00' } as const;
const acme: BearerPrincipal = { ...bearer, customerId: 'id-acme', handle: 'acme', status: 'active' };
const other: BearerPrincipal = { ...bearer, customerId: 'id-other', handle: 'other', status: 'active' };

describe('the bearer cache', () => {
  let now = 0;
  const cacheOf = (capacity?: number) =>
    new BearerCache({ clock: { now: () => now }, ...(capacity === undefined ? {} : { capacity }) });

  it('remembers who and nobody, for a while', () => {
    const cache = cacheOf();
    cache.put('a', acme, cache.mark);
    cache.put('x', undefined, cache.mark);
    expect(cache.get('a')).toMatchObject({ principal: acme });
    expect(cache.get('x')).toMatchObject({ principal: undefined });
    expect(cache.get('b')).toBeUndefined();
    now += 6_000;
    expect(cache.get('x')).toBeUndefined();
    now += 25_000;
    expect(cache.get('a')).toBeUndefined();
  });

  it('never remembers a customer that is not active', () => {
    const cache = cacheOf();
    cache.put('a', { ...acme, status: 'provisioning' }, cache.mark);
    expect(cache.get('a')).toBeUndefined();
  });

  it('forgets one customer and keeps the others', () => {
    const cache = cacheOf();
    cache.put('a', acme, cache.mark);
    cache.put('o', other, cache.mark);
    cache.put('x', undefined, cache.mark);
    cache.forget('id-acme');
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('x')).toBeUndefined();
    expect(cache.get('o')).toMatchObject({ principal: other });
  });

  it('does not remember what was read before a change', () => {
    const cache = cacheOf();
    const { mark } = cache;
    cache.forget('id-acme');
    cache.put('a', acme, mark);
    expect(cache.get('a')).toBeUndefined();
  });

  it('stays within its size, and wrong bearers push out no right one', () => {
    const cache = cacheOf(3);
    cache.put('a', acme, cache.mark);
    for (let index = 0; index < 10; index++) cache.put(`x${index}`, undefined, cache.mark);
    expect(cache.get('a')).toBeDefined();
    expect(cache.get('x0')).toBeUndefined();
    expect(cache.get('x9')).toBeDefined();
  });
});
