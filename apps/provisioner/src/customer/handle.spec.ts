import { DomainError } from '#libs/errors';
import { checkHandle } from './handle.js';

function problemOf(handle: string): string | undefined {
  try {
    checkHandle(handle);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad_handle' });
    return (error as DomainError).message;
  }
}

describe('a handle', () => {
  it.each(['a', '0', 'acme', 'acme-2', '90', 'd', '7days', 'v2', 'a'.repeat(40), '1-2'])(
    'may be %s',
    (handle) => {
      expect(problemOf(handle)).toBeUndefined();
    },
  );

  it.each(['', 'A', 'acme_1', '-acme', 'acme-', 'a.b', 'a b', 'ä', 'acme\n', 'a'.repeat(41), '../x'])(
    'may not be %j',
    (handle) => {
      expect(problemOf(handle)).toBe(
        'A handle has 1 to 40 of a-z, 0-9 and -, and neither starts nor ends with -.',
      );
    },
  );

  it('has no two hyphens in a row, as punycode has', () => {
    expect(problemOf('xn--bcher-kva')).toBe('A handle has no two hyphens in a row.');
  });

  it.each(['v1', 'pki', 'health', 'ready', 'openapi', 'metrics', 'mint', 'est', 'teller', 'scep', 'www'])(
    'is not the reserved %s',
    (handle) => {
      expect(problemOf(handle)).toBe(`The handle ${handle} is reserved.`);
    },
  );

  it.each(['7d', '1h', '90d', '2160h', '1h30m', '100ms', '5us', '1h0m0s'])(
    'does not read like %s',
    (handle) => {
      expect(problemOf(handle)).toBe(`The handle ${handle} reads like a duration.`);
    },
  );
});
