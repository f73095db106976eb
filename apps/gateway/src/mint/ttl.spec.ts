import { parseTtl, ttlSeconds } from './ttl.js';

const seconds = (text: string): number | undefined => {
  const parsed = parseTtl(text);
  return parsed === undefined ? undefined : ttlSeconds(parsed);
};

describe('a lifetime', () => {
  it.each([
    ['1d', 86_400],
    ['7d', 604_800],
    ['14d', 1_209_600],
    ['30d', 2_592_000],
    ['90d', 7_776_000],
    ['1h', 3_600],
    ['24h', 86_400],
    ['1.5h', 5_400],
    ['.5h30m', 3_600],
    ['1.h', 3_600],
    ['90m', 5_400],
    ['3600s', 3_600],
    ['3600000ms', 3_600],
    ['3600000000us', 3_600],
    ['3600000000\u00b5s', 3_600],
    ['3600000000\u03bcs', 3_600],
    ['3600000000000ns', 3_600],
    ['1h30m15s', 5_415],
    ['30m30m', 3_600],
    ['0.7h0.3h', 3_600],
    ['2160h', 7_776_000],
    ['+2h', 7_200],
    ['1h0.9s', 3_600],
    ['01h', 3_600],
  ])('%s is %d seconds', (text, expected) => {
    expect(seconds(text)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    '91d',
    '2d',
    '1.5d',
    '01d',
    '+1d',
    '59m',
    '59m59.999999999s',
    '2160h1ns',
    '2161h',
    '-1h',
    '--1h',
    '+-1h',
    '1y',
    '1w',
    '1M',
    '1H',
    '1 h',
    ' 1h',
    '1h ',
    '1h\n',
    'Infinity',
    'NaN',
    '1e3h',
    '0x1h',
    '1,5h',
    '1..5h',
    '.h',
    'h',
    '.',
    '1',
    '0',
    '-0',
    '3600',
    '1h30',
    '1h-30m',
    '１h',
    '\u0000',
    `${'9'.repeat(400)}h`,
    '9'.repeat(100).concat('h'),
    '1h'.repeat(200),
  ])('%j is none', (text) => {
    expect(parseTtl(text)).toBeUndefined();
  });
});
