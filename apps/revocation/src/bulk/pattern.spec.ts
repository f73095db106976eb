import { matchesPattern } from './pattern.js';

describe('a pattern of names', () => {
  it.each([
    ['app-1.acme.internal', 'app-1.acme.internal', true],
    ['APP-1.acme.internal', 'app-1.ACME.internal', true],
    ['app-1.acme.internal', '*.acme.internal', true],
    ['app-1.acme.internal', 'app-*', true],
    ['app-1.acme.internal', '*acme*', true],
    ['app-1.acme.internal', 'a*1*c*l', true],
    ['app-1.acme.internal', '*', true],
    ['app-1.acme.internal', 'app-1', false],
    ['app-1.acme.internal', 'app-2*', false],
    ['app-1.acme.internal', '*.acme', false],
    ['app-1.acme.internal', 'a*2*l', false],
    ['aba', 'ab*ba', false],
    ['app.1', 'app?1', false],
    ['x.y', '*.*.*', false],
  ])('%s against %s: %s', (name, pattern, expected) => {
    expect(matchesPattern(name, pattern)).toBe(expected);
  });

  it('costs little, whatever it is', () => {
    expect(matchesPattern('a'.repeat(10_000), `${'*a'.repeat(5_000)}b`)).toBe(false);
  });
});
