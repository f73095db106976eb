/**
 * When the calendar month (UTC) of a time ends, in epoch milliseconds.
 *
 * @param now epoch milliseconds
 */
export function monthEnd(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
