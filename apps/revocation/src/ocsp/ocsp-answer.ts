import { sha1 } from '#libs/x509';

/** A response as it is served. Times are Unix milliseconds. */
export interface OcspAnswer {
  readonly der: Buffer;
  /** Undefined for what must not be kept: an error, or the answer to a nonce. */
  readonly caching: OcspCaching | undefined;
}

export interface OcspCaching {
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** Hexadecimal SHA-1 of the response (RFC 5019 §6.2), in quotes. */
  readonly etag: string;
}

/** An answer that may be kept until `nextUpdate`. */
export function cacheable(der: Buffer, thisUpdate: number, nextUpdate: number): OcspAnswer {
  return { der, caching: { thisUpdate, nextUpdate, etag: `"${sha1(der).toString('hex')}"` } };
}
