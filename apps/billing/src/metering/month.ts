/** The first moment of the calendar month (UTC) of a time, both in Unix milliseconds. */
export function monthOf(ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The same of the month before. */
export function monthBefore(ms: number): number {
  return monthOf(monthOf(ms) - 1);
}

/** As `2026-03-01`. */
export function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
