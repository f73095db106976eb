import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { ServedCrl } from '../crl/crl.cache.js';
import type { OcspAnswer } from '../ocsp/ocsp-answer.js';

/**
 * How long a cache that many share may answer by itself, in seconds: a revocation must not hide behind it. What one
 * relying party keeps for itself may last until nextUpdate, as it says.
 */
const sharedCrlSeconds = 30;
const sharedOcspSeconds = 1;

/** Texts of whole seconds, which repeat for as long as a response lasts. */
const dates = new Map<number, string>();
const mostDates = 1_000;

function httpDate(ms: number): string {
  const second = Math.floor(ms / 1000);
  const known = dates.get(second);
  if (known !== undefined) return known;
  if (dates.size >= mostDates) dates.clear();
  const text = new Date(second * 1000).toUTCString();
  dates.set(second, text);
  return text;
}

/** RFC 9111, with max-age from nextUpdate; `no-transform` keeps caches from compressing what is signed. */
export function crlHeaders({ etag, thisUpdate, nextUpdate }: ServedCrl, now: number): OutgoingHttpHeaders {
  const left = Math.max(0, Math.floor((nextUpdate - now) / 1000));
  return {
    etag,
    'last-modified': httpDate(thisUpdate),
    expires: httpDate(nextUpdate),
    'cache-control': `public, no-transform, must-revalidate, max-age=${left}, s-maxage=${Math.min(left, sharedCrlSeconds)}`,
  };
}

/** Headers of an answer, made once a second. */
const remembered = new WeakMap<OcspAnswer, { second: number; headers: OutgoingHttpHeaders }>();

/** What {@link ocspHeaders} gives, with the length of the answer. */
export function ocspHeadersNow(answer: OcspAnswer, now: number): OutgoingHttpHeaders {
  const second = Math.floor(now / 1000);
  const known = remembered.get(answer);
  if (known?.second === second) return known.headers;
  const headers = { ...ocspHeaders(answer, now), 'content-length': answer.der.length };
  remembered.set(answer, { second, headers });
  return headers;
}

/** The headers of RFC 5019 §6.2; what must not be kept says so. */
export function ocspHeaders({ caching }: OcspAnswer, now: number): OutgoingHttpHeaders {
  if (!caching) {
    return {
      'content-type': 'application/ocsp-response',
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
    };
  }
  const { thisUpdate, nextUpdate, etag } = caching;
  const left = Math.max(0, Math.floor((nextUpdate - now) / 1000) - 1);
  return {
    'content-type': 'application/ocsp-response',
    'access-control-allow-origin': '*',
    etag,
    'last-modified': httpDate(thisUpdate),
    expires: httpDate(nextUpdate),
    'cache-control': `max-age=${left}, s-maxage=${Math.min(left, sharedOcspSeconds)}, public, no-transform, must-revalidate`,
  };
}

/** RFC 9110 §13.2.2: a tag is asked before a date. */
export function isNotModified(headers: IncomingHttpHeaders, etag: string, lastModified: number): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
  }
  const since = headers['if-modified-since'];
  if (since === undefined) return false;
  const at = Date.parse(since);
  return !Number.isNaN(at) && Math.floor(lastModified / 1000) * 1000 <= at;
}
