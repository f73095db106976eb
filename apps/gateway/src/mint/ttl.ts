const second = 1_000_000_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The shortest and the longest lifetime, in nanoseconds: 1h and 2160h (specification 1, "TTL accepts"). */
export const ttlRange = { shortest: hour, longest: 90 * day } as const;

const dayBuckets: ReadonlyMap<string, number> = new Map(
  [1, 7, 14, 30, 90].map((days) => [`${days}d`, days * day]),
);

/** The units of Go's time.ParseDuration in nanoseconds; µ is U+00B5 or U+03BC. */
const units: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1_000],
  ['\u00b5s', 1_000],
  ['\u03bcs', 1_000],
  ['ms', 1_000_000],
  ['s', second],
  ['m', minute],
  ['h', hour],
]);

/** Nobody writes a longer lifetime; it bounds what a request can make us read. */
const longestText = 256;
const component = /(\d*)(?:\.(\d*))?([^\d.]+)/y;

/**
 * Reads a lifetime: one of the day buckets 1d, 7d, 14d, 30d, 90d, or any string that Go's
 * `time.ParseDuration` takes (`1h30m`, `1.5h`, `90m`, `+2h`), from 1h to 2160h.
 *
 * @returns nanoseconds, or undefined when the text is no lifetime or out of range
 */
export function parseTtl(text: string): number | undefined {
  const nanoseconds = dayBuckets.get(text) ?? parseGoDuration(text);
  if (nanoseconds === undefined) return undefined;
  return nanoseconds >= ttlRange.shortest && nanoseconds <= ttlRange.longest ? nanoseconds : undefined;
}

/** Whole seconds of a lifetime; a fraction is dropped, because X.509 times have none (RFC 5280 §4.1.2.5). */
export function ttlSeconds(nanoseconds: number): number {
  return Math.floor(nanoseconds / second);
}

/**
 * Go's `time.ParseDuration`: `[-+]?([0-9]*(\.[0-9]*)?[a-z]+)+`, or a bare 0.
 *
 * @returns nanoseconds; undefined when malformed. Sums stay exact far beyond the longest lifetime.
 */
function parseGoDuration(text: string): number | undefined {
  if (text.length > longestText) return undefined;
  const negative = text.startsWith('-');
  const unsigned = negative || text.startsWith('+') ? text.slice(1) : text;
  if (unsigned === '0') return 0;
  let total = 0;
  let position = 0;
  while (position < unsigned.length) {
    component.lastIndex = position;
    const match = component.exec(unsigned);
    if (match === null) return undefined;
    const [whole, integer = '', fraction = '', unitName = ''] = match;
    const unit = units.get(unitName);
    if (unit === undefined || (integer === '' && fraction === '')) return undefined;
    total += Number(integer) * unit + partOf(unit, fraction);
    position += whole.length;
  }
  if (position === 0) return undefined;
  return negative ? -total : total;
}

/** The digits after a point, as Go computes them: truncated to whole nanoseconds. */
function partOf(unit: number, digits: string): number {
  const significant = digits.slice(0, 15);
  return Math.trunc(Number(significant) * (unit / 10 ** significant.length));
}
