import { isCurrent } from './conditional.js';

describe('If-None-Match', () => {
  const etag = '"abc"';

  it.each(['"abc"', 'W/"abc"', '*', ' "x", "abc"', '"x",W/"abc","y"'])('%s is current', (header) => {
    expect(isCurrent(header, etag)).toBe(true);
  });

  it.each([undefined, '', 'abc', '"abcd"', '"x", "y"', '"*"'])('%s is not', (header) => {
    expect(isCurrent(header, etag)).toBe(false);
  });
});
