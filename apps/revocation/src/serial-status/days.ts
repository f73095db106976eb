export const dayMs = 86_400_000;
/** A few spans are asked for all day long, and each takes a millisecond to write. */
const mostWritten = 16;
const written = new Map<string, string>();

/** The UTC day of a time in Unix milliseconds, as YYYY-MM-DD. */
export function dayOf(ms: number): string {
  return new Date(ms - (ms % dayMs)).toISOString().slice(0, 10);
}

/** The UTC days of a span in Unix milliseconds, both ends included, as PostgreSQL reads an array of dates. */
export function daysBetween(from: number, to: number): string {
  const [first, last] = [Math.floor(from / dayMs), Math.floor(to / dayMs)];
  const span = `${first} ${last}`;
  const known = written.get(span);
  if (known !== undefined) return known;
  const count = Math.max(0, last - first + 1);
  const days = `{${Array.from({ length: count }, (_, day) => dayOf((first + day) * dayMs)).join()}}`;
  if (written.size >= mostWritten) written.clear();
  written.set(span, days);
  return days;
}
