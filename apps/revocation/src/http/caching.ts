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

interface Prepared {
  /** Unix seconds, for which `date` and `max-age` are true. */
  second: number;
  /** As latin1, with its status line. */
  text: string;
  /** What does not change: the other headers, and the octets of the answer. */
  readonly rest: string;
}

const prepared = new WeakMap<OcspAnswer, Prepared>();

/**
 * A whole answer over a connection that stays open, to be written at once: its status line, what {@link ocspHeaders}
 * gives, and its octets, as latin1; the date and `max-age` anew every second.
 *
 * @param keepAliveMs how long the connection may then be idle
 */
export function wholeAnswer(answer: OcspAnswer, now: number, keepAliveMs: number): string {
  const second = Math.floor(now / 1000);
  const known = prepared.get(answer);
  if (known?.second === second) return known.text;
  const { 'cache-control': control, ...others } = ocspHeaders(answer, now);
  const rest = known?.rest ?? restOf(answer, others, keepAliveMs);
  const text = `HTTP/1.1 200 OK\r\ndate: ${httpDate(now)}\r\ncache-control: ${control}\r\n${rest}`;
  if (known) Object.assign(known, { second, text });
  else prepared.set(answer, { second, text, rest });
  return text;
}

function restOf({ der }: OcspAnswer, headers: Record<string, string>, keepAliveMs: number): string {
  const fields = {
    ...headers,
    'content-length': String(der.length),
    connection: 'keep-alive',
    'keep-alive': `timeout=${Math.floor(keepAliveMs / 1000)}`,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${lines.join('')}\r\n${der.toString('latin1')}`;
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
