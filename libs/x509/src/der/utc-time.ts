// UTCTimes in number, as the entries of a CRL have them: written and read four octets at a time.

import { tag } from './der-tag.js';
import { daysSinceEpoch, derTime } from './der-time.js';

/** Octets of a UTCTime with its header. */
export const utcTimeOctets = 15;
const daySeconds = 86_400;
const firstYear = 1950;
/** The first day of each month of a UTCTime, and the one behind the last, in days since 1970-01-01. */
const monthStarts = Int32Array.from({ length: 1201 }, (_, i) =>
  daysSinceEpoch(firstYear + Math.floor(i / 12), (i % 12) + 1, 1),
);
const firstDay = daysSinceEpoch(firstYear, 1, 1);
const dayCount = daysSinceEpoch(firstYear + 100, 1, 1) - firstDay;
/** The first eight octets of the UTCTimes of each day, header and date: made when they are first asked for. */
const dates = new Uint32Array(2 * dayCount);
/** HHMM of each minute of a day, and SSZ with a zero behind it of each second of a minute. */
const minutes = Uint32Array.from({ length: 1440 }, (_, i) => (digits(i / 60) << 16) | digits(i % 60));
const seconds = Uint32Array.from({ length: 60 }, (_, i) => (digits(i) << 16) | 0x5a00);

/**
 * Writes what `derTime` gives for a time that is a UTCTime, and a zero behind it.
 *
 * @param out from `at` on more than `utcTimeOctets`
 * @param ms epoch milliseconds, rounded down to seconds
 * @returns false for another time: nothing is written
 */
export function writeUtcTime(out: DataView, at: number, ms: number): boolean {
  const second = Math.floor(ms / 1000);
  const day = Math.floor(second / daySeconds);
  const place = 2 * (day - firstDay);
  if (!(place >= 0 && place < dates.length)) return false;
  if (dates[place] === 0) rememberDate(place, day);
  const ofDay = second - day * daySeconds;
  const minute = (ofDay / 60) | 0;
  out.setUint32(at, dates[place] ?? 0);
  out.setUint32(at + 4, dates[place + 1] ?? 0);
  out.setUint32(at + 8, minutes[minute] ?? 0);
  out.setUint32(at + 12, seconds[ofDay - minute * 60] ?? 0);
  return true;
}

function rememberDate(place: number, day: number): void {
  const time = derTime(day * daySeconds * 1000);
  dates[place] = time.readUInt32BE(0);
  dates[place + 1] = time.readUInt32BE(4);
}

/** Two decimal digits of a number, rounded down. */
function digits(value: number): number {
  const tens = Math.floor(value / 10);
  return ((0x30 + tens) << 8) | (0x30 + Math.floor(value) - 10 * tens);
}

/**
 * What `readTime` says of a UTCTime at `at`, of which there are `utcTimeOctets`: a third of its work, for whoever reads
 * a million.
 *
 * @param octets from `at` on at least `utcTimeOctets`
 * @returns epoch milliseconds; NaN for whatever `readTime` refuses, and for anything else than a UTCTime
 */
export function utcTimeAt(octets: DataView, at: number): number {
  if (octets.getUint16(at) !== ((tag.utcTime << 8) | 13) || octets.getUint8(at + 14) !== 0x5a)
    return Number.NaN;
  const yearMonth = twoPairs(octets.getUint32(at + 2));
  const dayHour = twoPairs(octets.getUint32(at + 6));
  const minuteSecond = twoPairs(octets.getUint32(at + 10));
  if (yearMonth < 0 || dayHour < 0 || minuteSecond < 0) return Number.NaN;
  const month = yearMonth & 0xff;
  const day = dayHour >> 16;
  const hour = dayHour & 0xff;
  const minute = minuteSecond >> 16;
  const second = minuteSecond & 0xff;
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const low = yearMonth >> 16;
  const place = (low < 50 ? low + 50 : low - 50) * 12 + month - 1;
  const first = monthStarts[place] ?? 0;
  if (day < 1 || first + day > (monthStarts[place + 1] ?? 0)) return Number.NaN;
  return ((first + day - 1) * daySeconds + (hour * 60 + minute) * 60 + second) * 1000;
}

/** Four decimal digits as two numbers, the first in the upper 16 bits; -1 when one is no digit. */
function twoPairs(word: number): number {
  // Each octet is from 30 to 39: neither it nor what is six above it leaves the 3x.
  const areDigits = (word & 0xf0f0f0f0) === 0x30303030 && ((word + 0x06060606) & 0xf0f0f0f0) === 0x30303030;
  return areDigits ? ((word >> 8) & 0x000f000f) * 10 + (word & 0x000f000f) : -1;
}
