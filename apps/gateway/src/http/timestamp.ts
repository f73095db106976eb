/** Unix seconds as RFC 3339 in UTC, for example `2026-05-19T00:02:03Z`. */
export function timestamp(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
