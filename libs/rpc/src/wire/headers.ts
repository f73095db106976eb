import type { MsgHdrs } from '@nats-io/transport-node';

export const timeoutHeader = 'grpc-timeout';
export const contentTypeHeader = 'content-type';
export const contentType = 'application/grpc+proto';

/** Room for the headers, in bytes: they count towards NATS's max_payload. */
export const headerAllowance = 4096;

/** Headers that carry the call itself; the rest is the caller's metadata. */
const ownHeaders = new Set([timeoutHeader, contentTypeHeader, 'traceparent', 'tracestate', 'baggage']);

/** Headers by lower-case name; of a repeated one the first counts. */
export function readHeaders(headers: MsgHdrs | undefined): Map<string, string> {
  const found = new Map<string, string>();
  if (headers === undefined) return found;
  for (const [name, values] of headers) {
    const key = name.toLowerCase();
    const value = values[0];
    if (value !== undefined && !found.has(key)) found.set(key, value);
  }
  return found;
}

/** What a handler sees as metadata. Removes the call's own headers from the given map, which it keeps. */
export function metadataOf(headers: Map<string, string>): ReadonlyMap<string, string> {
  for (const name of ownHeaders) headers.delete(name);
  return headers;
}
