import { DerError } from './der-error.js';
import { DerReader } from './der-reader.js';
import { tag } from './der-tag.js';
import { der } from './der-writer.js';

/** RFC 5280 §4.1.2.5: dates up to and including 2049 are UTCTime, later ones GeneralizedTime. */
const firstGeneralizedYear = 2050;

/**
 * A `Time` (RFC 5280 §4.1.2.5) in whole seconds, rounded down.
 *
 * @param at epoch milliseconds, from 1950 to 9999
 */
export function derTime(at: number): Buffer {
  const date = new Date(at);
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 14);
  return date.getUTCFullYear() < firstGeneralizedYear
    ? der(tag.utcTime, Buffer.from(`${digits.slice(2)}Z`, 'latin1'))
    : der(tag.generalizedTime, Buffer.from(`${digits}Z`, 'latin1'));
}

/**
 * A GeneralizedTime in whole seconds, as OCSP and invalidityDate want it for every year (RFC 6960 §4.2.2.1,
 * RFC 5280 §5.3.2).
 *
 * @param at epoch milliseconds, rounded down
 */
export function derGeneralizedTime(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/\D/g, '').slice(0, 14);
  return der(tag.generalizedTime, Buffer.from(`${digits}Z`, 'latin1'));
}

/** Reads a GeneralizedTime without fractions. @returns epoch milliseconds @throws DerError */
export function readGeneralizedTime(reader: DerReader, what: string): number {
  if (reader.peek() !== tag.generalizedTime) throw new DerError(`${what} is not a GeneralizedTime`);
  return readTime(reader, what);
}

/**
 * Reads a `Time` of RFC 5280 §4.1.2.5: `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, a date that exists.
 *
 * @returns epoch milliseconds
 * @throws DerError
 */
export function readTime(reader: DerReader, what: string): number {
  const generalized = reader.peek() === tag.generalizedTime;
  reader.read(generalized ? tag.generalizedTime : tag.utcTime, what);
  const { bytes, start, stop } = reader;
  const digits = generalized ? 14 : 12;
  if (stop - start !== digits + 1 || bytes[stop - 1] !== 0x5a) {
    throw new DerError(`${what} is not in the form that RFC 5280 §4.1.2.5 requires`);
  }
  const century = generalized ? pair(bytes, start, what) : 0;
  const from = generalized ? start + 2 : start;
  const low = pair(bytes, from, what);
  const year = generalized ? century * 100 + low : low + (low < 50 ? 2000 : 1900);
  const month = pair(bytes, from + 2, what);
  const day = pair(bytes, from + 4, what);
  const hour = pair(bytes, from + 6, what);
  const minute = pair(bytes, from + 8, what);
  const second = pair(bytes, from + 10, what);
  const exists =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysOf(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!exists) throw new DerError(`${what} is a date or time that does not exist`);
  return (((daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

/** Two decimal digits. */
function pair(bytes: Uint8Array, at: number, what: string): number {
  const high = (bytes[at] as number) - 0x30;
  const low = (bytes[at + 1] as number) - 0x30;
  if (high < 0 || high > 9 || low < 0 || low > 9)
    throw new DerError(`${what} has a character that is no digit`);
  return high * 10 + low;
}

/** Days from 1970-01-01 in the Gregorian calendar, reckoned from a year that begins in March. */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysOf(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && leap ? 29 : (monthDays[month - 1] ?? 0);
}
