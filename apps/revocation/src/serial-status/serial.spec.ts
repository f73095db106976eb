import { canonicalSerial } from './serial.js';

const canonical = (hex: string) => {
  const serial = canonicalSerial(Buffer.from(hex, 'hex'));
  return serial && Buffer.from(serial).toString('hex');
};

describe('the canonical form of a serial number', () => {
  it.each([
    ['of 16 octets is itself', 'f'.repeat(32), 'f'.repeat(32)],
    ['keeps zeros that fill up 16 octets', `00${'a'.repeat(30)}`, `00${'a'.repeat(30)}`],
    ['fills up 16 octets', 'a'.repeat(30), `00${'a'.repeat(30)}`],
    ['fills up 16 octets from one', '01', '01'.padStart(32, '0')],
    ['drops further zeros', `0000${'f'.repeat(32)}`, 'f'.repeat(32)],
    ['is longer where the number is', 'f'.repeat(40), 'f'.repeat(40)],
    ['of 20 octets with a zero has 19', `00${'f'.repeat(38)}`, 'f'.repeat(38)],
  ])('%s', (_, given, expected) => {
    expect(canonical(given)).toBe(expected);
  });

  it.each(['', '00', '0000', 'f'.repeat(42)])('does not exist for %j', (given) => {
    expect(canonical(given)).toBeUndefined();
  });
});
