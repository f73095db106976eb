/**
 * Whether the client's copy is current, so that 304 answers it (RFC 9110 §13.1.2): any tag of If-None-Match
 * equals by weak comparison, or it is `*`.
 */
export function isCurrent(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
