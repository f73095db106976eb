import type { LeafProfile } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { NameConstraints } from '#libs/x509';
import { parseJson } from '../problem/json-body.js';
import { countCsrs, readCsrs } from './csr-pem.js';
import { type MintBody, validateMintBody } from './mint.schema.js';
import { parseTtl, ttlSeconds } from './ttl.js';

export const jsonType = 'application/json';
export const pemType = 'application/x-pem-file';

/** What a client sent to a route that issues. */
export interface IssueCall {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly body: Buffer;
}

/** What a client sent to a mint route. */
export interface MintCall extends IssueCall {
  /** The handle in the path. */
  readonly handle: string;
  /** The lifetime in the path; undefined on the route without one. */
  readonly pathTtl: string | undefined;
}

/** What the issuer is asked for. */
export interface MintOrder {
  /** DER; an empty one stands for text that is not one PEM request. */
  readonly csrs: Uint8Array[];
  /** Why a text is not one PEM request, by its index. */
  readonly problems: ReadonlyMap<number, string>;
  readonly ttlSeconds: number;
  /** Empty for none. */
  readonly idempotencyKey: string;
  /** Default: a mint's. */
  readonly profile?: LeafProfile;
  /** Of the credential that asks. */
  readonly nameConstraints?: NameConstraints | undefined;
}

/**
 * Reads the body of a mint (specification 1 §3, specification 2 §1). Checks in this order: the type of the
 * body, its form, the number of CSRs, the lifetime, the handle.
 *
 * @throws DomainError unsupported_media_type, bad_request, bad_count, bad_ttl, ttl_mismatch, handle_mismatch
 */
export function readMint(call: MintCall): MintOrder {
  const readBody = bodyReader(call);
  const idempotencyKey = readIdempotencyKey(call.idempotencyKey);
  const { csrPems, ttl, handle } = readBody(call.body);
  const seconds = chooseTtl(call.pathTtl, ttl);
  if (handle !== undefined && handle !== call.handle) {
    throw new DomainError('handle_mismatch', 'The handle in the body is not the one in the path.');
  }
  return { ...readCsrs(csrPems), ttlSeconds: seconds, idempotencyKey };
}

interface Read {
  readonly csrPems: readonly string[];
  readonly ttl?: string | undefined;
  readonly handle?: string | undefined;
}

function bodyReader(call: MintCall): (body: Buffer) => Read {
  switch (mediaTypeOf(call)) {
    case jsonType:
      return readJson;
    case pemType:
      return readPem;
    default:
      throw new DomainError('unsupported_media_type', `Send the body as ${jsonType} or ${pemType}.`);
  }
}

/** @throws DomainError unsupported_media_type for a body in a Content-Encoding */
export function mediaTypeOf({ contentType, contentEncoding }: IssueCall): string | undefined {
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') {
    throw new DomainError('unsupported_media_type', 'Send the body without a Content-Encoding.');
  }
  return mediaType(contentType);
}

/** The type without its parameters (RFC 9110 §8.3.1). */
function mediaType(contentType: string | undefined): string | undefined {
  if (contentType === undefined || contentType === jsonType || contentType === pemType) return contentType;
  return contentType.split(';', 1)[0]?.trim().toLowerCase();
}

function readJson(body: Buffer): Read {
  const { csr_pems, ttl, handle }: MintBody = validateMintBody(parseJson(body));
  return { csrPems: csr_pems, ttl, handle };
}

/** One request in raw PEM. @throws DomainError bad_request, bad_count */
export function readPem(body: Buffer): Read {
  const text = body.toString('latin1');
  const count = countCsrs(text);
  if (count === 0) throw new DomainError('bad_request', 'The body is not a PEM certificate request.');
  if (count === 1) return { csrPems: [text] };
  const message = `A raw PEM body carries one CSR, not ${count}: send a batch as ${jsonType}.`;
  throw new DomainError('bad_count', message);
}

const printable = /^[\x20-\x7e]{1,255}$/;

/** @throws DomainError bad_request */
export function readIdempotencyKey(key: string | undefined): string {
  if (key === undefined) return '';
  if (printable.test(key)) return key;
  throw new DomainError('bad_request', 'Idempotency-Key must be 1 to 255 printable ASCII characters.');
}

/**
 * The path wins; the body either says as long a time, in whatever form, or nothing.
 *
 * @returns seconds
 * @throws DomainError bad_ttl, ttl_mismatch
 */
export function chooseTtl(pathTtl: string | undefined, bodyTtl: string | undefined): number {
  const asked = pathTtl ?? bodyTtl;
  if (asked === undefined)
    throw new DomainError('bad_ttl', 'A lifetime is missing: give one in ttl or in the path.');
  const nanoseconds = readTtl(asked);
  if (pathTtl !== undefined && bodyTtl !== undefined && readTtl(bodyTtl) !== nanoseconds) {
    throw new DomainError('ttl_mismatch', 'The ttl in the body is not as long as the one in the path.');
  }
  return ttlSeconds(nanoseconds);
}

function readTtl(text: string): number {
  const nanoseconds = parseTtl(text);
  if (nanoseconds !== undefined) return nanoseconds;
  const shown = JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 40)}…`);
  throw new DomainError(
    'bad_ttl',
    `${shown} is not a lifetime: use 1d, 7d, 14d, 30d, 90d, or a Go duration from 1h to 2160h such as 36h.`,
  );
}
