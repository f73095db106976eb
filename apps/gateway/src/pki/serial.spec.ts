import { hexSerial, parseSerial } from './serial.js';

const hex = (text: string) => {
  const octets = parseSerial(text);
  return octets && Buffer.from(octets).toString('hex');
};

describe('a serial number', () => {
  const full = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';

  it('is written as openssl does, in lower case', () => {
    expect(hexSerial(Buffer.from(full, 'hex'))).toBe(full);
    expect(hexSerial(Buffer.from('00000001', 'hex'))).toBe('01');
    expect(hexSerial(Buffer.from('00', 'hex'))).toBe('00');
  });

  it.each([
    full,
    full.toUpperCase(),
    full.slice(1),
    `000000${full}`,
    (full.match(/../g) ?? []).join(':'),
    (full.match(/../g) ?? []).join(':').toUpperCase().slice(1),
  ])('is read from %s', (text) => {
    expect(hex(text)).toBe(full);
  });

  it('has sixteen octets, or as many as it needs', () => {
    expect(hex('1')).toBe('1'.padStart(32, '0'));
    expect(hex('0')).toBe('0'.repeat(32));
    expect(hex('f'.repeat(40))).toBe('f'.repeat(40));
  });

  it.each([
    '',
    'xyz',
    '0x1f',
    'f'.repeat(41),
    'aa:',
    ':aa',
    'aa::bb',
    'aaa:bb',
    'a b',
    '1\n',
    '0'.repeat(257),
    '-1',
  ])('is not %j', (text) => {
    expect(parseSerial(text)).toBeUndefined();
  });
});
