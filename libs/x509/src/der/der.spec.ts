import fc from 'fast-check';
import { DerError } from './der-error.js';
import { DerReader } from './der-reader.js';
import { tag } from './der-tag.js';
import { derTime, readTime } from './der-time.js';
import { der, derNamedBits, derUnsignedInteger } from './der-writer.js';
import { derOid, oidOfContent } from './oid.js';
import { utcTimeAt, utcTimeOctets, writeUtcTime } from './utc-time.js';
import { checkWellFormed } from './well-formed.js';

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('DER elements', () => {
  it.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])('of %d octets read back', (length) => {
    const reader = new DerReader(der(tag.octetString, Buffer.alloc(length, 7)));
    expect(reader.content(tag.octetString, 'it')).toHaveLength(length);
    reader.end('it');
  });

  it.each([
    ['04 80 00 00', /indefinite/],
    ['04 81 7f', /shortest form/],
    ['04 82 00 80', /shortest form/],
    ['04 83 00 00 80', /shortest form/],
    ['04 85 01 00 00 00 00', /longer than what was sent/],
    ['04 02 00', /longer than what holds it/],
    ['04', /cut off/],
    ['1f 81 00 00', /tag number above 30/],
  ])('are refused: %s', (hex, reason) => {
    expect(() => new DerReader(bytesOf(hex)).next('it')).toThrow(reason);
  });

  it.each([
    ['02 00', /without a value/],
    ['02 02 00 7f', /shortest form/],
    ['02 02 ff 80', /shortest form/],
  ])('are no INTEGER: %s', (hex, reason) => {
    expect(() => new DerReader(bytesOf(hex)).integer('it')).toThrow(reason);
  });

  it('are unsigned INTEGERs of any size', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 200n }), (value) => {
        const hex = value.toString(16);
        const reader = new DerReader(
          derUnsignedInteger(bytesOf(`00${hex.padStart(hex.length + (hex.length % 2), '0')}`)),
        );
        reader.integer('it');
        const content = Buffer.from(reader.bytes.subarray(reader.start, reader.stop)).toString('hex');
        expect(BigInt(`0x${content}`)).toBe(value);
      }),
    );
  });

  it('are named bits without trailing zeros', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(15)), (bits) => {
        const expected = bits.reduce((sum, bit) => sum | (0x8000 >> bit), 0);
        expect(new DerReader(derNamedBits(bits)).namedBits('it')).toBe(expected);
      }),
    );
    for (const hex of [
      '03 00',
      '03 01 01',
      '03 02 00 80',
      '03 02 08 80',
      '03 02 06 c1',
      '03 04 00 01 01 01',
    ]) {
      expect(() => new DerReader(bytesOf(hex)).namedBits('it')).toThrow(DerError);
    }
  });
});

describe('object identifiers', () => {
  it.each([
    '0.0',
    '0.39',
    '1.39',
    '2.5.29.15',
    '2.999.1',
    '1.3.6.1.4.1.311.2.1.14',
    '2.5.4.3',
    '2.25.4294967296',
  ])('read back: %s', (dotted) => {
    const content = derOid(dotted).subarray(2);
    expect(oidOfContent(content, 0, content.length)).toBe(dotted);
  });

  it('have numbers of any size', () => {
    const content = bytesOf('69 83 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 80 00');
    expect(oidOfContent(content, 0, content.length)).toBe(`2.25.${3n << 126n}`);
  });

  it.each(['', '80 01', '55 80 01', '55 1d 8f'])('are refused: "%s"', (hex) => {
    const content = bytesOf(hex);
    expect(() => oidOfContent(content, 0, content.length)).toThrow(DerError);
  });
});

describe('times', () => {
  it('read back, to the second', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1950-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(readTime(new DerReader(derTime(date.getTime())), 'it')).toBe(
            Math.floor(date.getTime() / 1000) * 1000,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['UTCTime without Z', tag.utcTime, '260101000000'],
    ['UTCTime without seconds', tag.utcTime, '2601010000Z'],
    ['UTCTime with an offset', tag.utcTime, '260101000000+0000'],
    ['29 February 2026', tag.utcTime, '260229000000Z'],
    ['29 February 2100', tag.generalizedTime, '21000229000000Z'],
    ['hour 24', tag.utcTime, '260101240000Z'],
    ['second 60', tag.utcTime, '260101000060Z'],
    ['month 13', tag.utcTime, '261301000000Z'],
    ['day 0', tag.utcTime, '260100000000Z'],
    ['fractions', tag.generalizedTime, '20600101000000.5Z'],
    ['letters', tag.utcTime, '26010100000xZ'],
  ])('are refused: %s', (_, type, text) => {
    expect(() => readTime(new DerReader(der(type, Buffer.from(text))), 'it')).toThrow(DerError);
  });
});

describe('UTCTimes in number', () => {
  const view = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    new DataView(buffer, byteOffset, byteLength);
  /** What `readTime` says of octets that are one UTCTime; NaN where it refuses them. */
  const slowly = (octets: Uint8Array): number => {
    const reader = new DerReader(octets);
    try {
      return reader.peek() === tag.utcTime ? readTime(reader, 'it') : Number.NaN;
    } catch {
      return Number.NaN;
    }
  };
  const dates = fc.date({ min: new Date('1940-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });

  it('are written as each by itself, and other times not at all', () => {
    fc.assert(
      fc.property(dates, (date) => {
        const out = Buffer.alloc(utcTimeOctets + 3, 0xee);
        const year = date.getUTCFullYear();
        const isWritten = year >= 1950 && year < 2050;
        expect(writeUtcTime(view(out), 1, date.getTime())).toBe(isWritten);
        const time = isWritten ? [...derTime(date.getTime()), 0] : Array.from({ length: 16 }, () => 0xee);
        expect([...out]).toEqual([0xee, ...time, 0xee]);
      }),
      { numRuns: 2_000 },
    );
    for (const edge of [Date.UTC(1950, 0, 1), Date.UTC(1969, 11, 31, 23, 59, 59), Date.UTC(2050, 0, 1) - 1]) {
      const out = Buffer.alloc(utcTimeOctets + 1);
      expect(writeUtcTime(view(out), 0, edge)).toBe(true);
      expect(out.subarray(0, utcTimeOctets)).toEqual(derTime(edge));
    }
    expect(writeUtcTime(view(Buffer.alloc(16)), 0, Number.NaN)).toBe(false);
  });

  it('are read as each by itself, and refused as each, whatever is changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(utcTimeOctets - 1), fc.nat(255)), { maxLength: 2 });
    let refused = 0;
    fc.assert(
      fc.property(dates, changes, (date, changed) => {
        const octets = Uint8Array.from(Buffer.concat([derTime(date.getTime()), Buffer.alloc(1)]));
        for (const [at, octet] of changed) octets[at] = octet;
        const time = octets.subarray(0, utcTimeOctets);
        if (Number.isNaN(slowly(time))) refused++;
        expect(utcTimeAt(view(time), 0)).toBe(slowly(time));
      }),
      { numRuns: 5_000 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  it('are read for every pair of digits in every place', () => {
    const right = Buffer.from('170d3238303232393233353935395a', 'hex');
    for (let place = 2; place < 14; place += 2) {
      for (let high = 0x2f; high <= 0x3a; high++) {
        for (let low = 0x2f; low <= 0x3a; low++) {
          const time = Buffer.from(right);
          time[place] = high;
          time[place + 1] = low;
          expect(utcTimeAt(view(time), 0)).toBe(slowly(time));
        }
      }
    }
  });
});

describe('any DER', () => {
  it.each(['30 03 02 01 05', '05 00', '03 01 00', '03 02 07 80', '80 01 ff', 'a0 02 05 00', '0c 01 61'])(
    'is %s',
    (hex) => {
      expect(() => checkWellFormed(bytesOf(hex), 'it')).not.toThrow();
    },
  );

  it.each([
    '',
    '05 01 00',
    '01 01 01',
    '02 02 00 01',
    '03 00',
    '03 01 01',
    '03 02 07 81',
    '03 02 09 00',
    '06 01 80',
    '2c 03 0c 01 61',
    '05 00 05 00',
    '30 02 05 01',
    '00 00',
    '10 00',
  ])('is not "%s"', (hex) => {
    expect(() => checkWellFormed(bytesOf(hex), 'it')).toThrow(DerError);
  });
});
