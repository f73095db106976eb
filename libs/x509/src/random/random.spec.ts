import { constantTimeEqual, randomSecret, randomSerial, serialLength } from './random.js';

describe('random numbers', () => {
  it('give serials of 16 octets, none twice, none with a leading zero', () => {
    const serials = Array.from({ length: 2000 }, () => randomSerial());
    expect(new Set(serials.map((serial) => serial.toString('hex'))).size).toBe(2000);
    expect(serials.every((serial) => serial.length === serialLength && serial[0] !== 0)).toBe(true);
  });

  it('give serials that later ones do not overwrite', () => {
    const first = randomSerial();
    const copy = Buffer.from(first);
    for (let i = 0; i < 1000; i++) randomSerial();
    expect(first).toEqual(copy);
  });

  it('give secrets of 43 characters of base64url', () => {
    expect(randomSecret()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(randomSecret()).not.toBe(randomSecret());
  });

  it('compare by content', () => {
    expect(constantTimeEqual(Buffer.from('a'), Buffer.from('a'))).toBe(true);
    expect(constantTimeEqual(Buffer.from('a'), Buffer.from('b'))).toBe(false);
    expect(constantTimeEqual(Buffer.from('a'), Buffer.from('ab'))).toBe(false);
  });
});
