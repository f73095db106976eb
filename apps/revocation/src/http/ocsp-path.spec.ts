import { requestOfPath } from './ocsp-path.js';

describe('an OCSP request in a path', () => {
  const der = Buffer.from(Array.from({ length: 70 }, (_, i) => (i * 53 + 251) & 0xff));
  const plain = der.toString('base64');

  it('has every character that is encoded in one way or another', () => {
    expect(plain).toMatch(/\+/);
    expect(plain).toMatch(/\//);
    expect(plain).toMatch(/=$/);
  });

  it.each([
    ['as it is', plain],
    ['percent-encoded', encodeURIComponent(plain)],
    ['percent-encoded in lower case', encodeURIComponent(plain).replace(/%../g, (c) => c.toLowerCase())],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(plain))],
    ['with only its slashes encoded', plain.replace(/\//g, '%2F')],
    ['as base64url', der.toString('base64url')],
    ['without padding', plain.replace(/=+$/, '')],
    ['with a space for a plus', plain.replace(/\+/g, '%20')],
    ['with line breaks', plain.replace(/.{16}/g, '$&%0D%0A')],
  ])('is read %s', (_, text) => {
    expect(requestOfPath(text)?.equals(der)).toBe(true);
  });

  it.each(['', '%', '%zz', '%ff', '!!!!', 'ab=cd', 'a'.repeat(70_000)])('is not %j', (text) => {
    expect(requestOfPath(text)).toBeUndefined();
  });
});
