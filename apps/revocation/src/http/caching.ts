import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { ServedCrl } from '../crl/crl.cache.js';
import type { OcspAnswer, OcspCaching } from '../ocsp/ocsp-answer.js';

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

/** An answer as it is written: names and values of its headers in turn, and its octets. */
export interface PreparedAnswer {
  readonly headers: string[];
  /** As latin1: Node writes a string together with the headers, at once. */
  readonly body: string;
}

interface Prepared extends PreparedAnswer {
  /** Unix seconds, for which `max-age` is true. */
  second: number;
}

const prepared = new WeakMap<OcspAnswer, Prepared>();

/** What {@link ocspHeaders} gives, with the octets of the answer and their length; `max-age` anew every second. */
export function preparedAnswer(answer: OcspAnswer, now: number): PreparedAnswer {
  const second = Math.floor(now / 1000);
  const known = prepared.get(answer);
  if (known?.second === second) return known;
  if (known && answer.caching) {
    known.second = second;
    known.headers[1] = cacheControl(answer.caching, now);
    return known;
  }
  const fields = { ...ocspHeaders(answer, now), 'content-length': String(answer.der.length) };
  const made = { second, headers: Object.entries(fields).flat(), body: answer.der.toString('latin1') };
  prepared.set(answer, made);
  return made;
}

/** The headers of RFC 5019 §6.2, `cache-control` first; what must not be kept says so. */
export function ocspHeaders({ caching }: OcspAnswer, now: number): Record<string, string> {
  const content = { 'content-type': 'application/ocsp-response', 'access-control-allow-origin': '*' };
  if (!caching) return { 'cache-control': 'no-store', ...content };
  const { thisUpdate, nextUpdate, etag } = caching;
  return {
    'cache-control': cacheControl(caching, now),
    ...content,
    etag,
    'last-modified': httpDate(thisUpdate),
    expires: httpDate(nextUpdate),
  };
}

function cacheControl({ nextUpdate }: OcspCaching, now: number): string {
  const left = Math.max(0, Math.floor((nextUpdate - now) / 1000) - 1);
  return `max-age=${left}, s-maxage=${Math.min(left, sharedOcspSeconds)}, public, no-transform, must-revalidate`;
}

/**
 * Whether any header begins with `if-`, in the names and values in turn that came: few clients send one, and to make an
 * object of all headers costs more than to answer from memory.
 */
export function isConditional(rawHeaders: readonly string[]): boolean {
  return rawHeaders.some((text, at) => at % 2 === 0 && /^if-/i.test(text));
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
