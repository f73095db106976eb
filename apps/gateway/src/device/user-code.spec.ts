import { newUserCode, readUserCode } from './user-code.js';

describe('a user code', () => {
  it('is read however it is typed', () => {
    for (let round = 0; round < 100; round++) {
      const code = newUserCode();
      expect(code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
      expect(readUserCode(code)).toBe(code);
      expect(readUserCode(` ${code.toLowerCase().replace('-', ' ')} `)).toBe(code);
    }
  });

  it('is nothing else', () => {
    for (const text of ['', 'BCDF', 'AEIO-UAEI', 'BCDF-GHJKL', 'BCDF-GHJ1'])
      expect(readUserCode(text)).toBeUndefined();
  });
});
