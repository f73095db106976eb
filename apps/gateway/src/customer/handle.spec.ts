import { checkLeafName, isHandle } from './handle.js';

describe('a handle', () => {
  it.each(['a', '0', 'acme', 'acme-corp', 'a1-b2', 'x'.repeat(40)])('may be %s', (handle) => {
    expect(isHandle(handle)).toBe(true);
  });

  it.each([
    '',
    'A',
    'Acme',
    'a_b',
    'a.b',
    '-a',
    'a-',
    'a--b',
    'x'.repeat(41),
    'ä',
    'a b',
    'a\n',
    'a/b',
    '..',
    '\0',
  ])('is never %j', (handle) => {
    expect(isHandle(handle)).toBe(false);
  });
});

describe('the name that leaves carry', () => {
  it('has at most 64 characters', () => {
    expect(() => checkLeafName('x'.repeat(37), 'stackrunner.localhost')).not.toThrow();
    expect(() => checkLeafName('x'.repeat(38), 'stackrunner.localhost')).toThrow(/65 characters/);
  });
});
