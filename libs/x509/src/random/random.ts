import { randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto';

/** 128 bits; RFC 5280 §4.1.2.2 allows 20 octets. */
export const serialLength = 16;

/** Serials are cut from a pool, since filling 4 KiB costs little more than filling 16 octets. */
const pool = Buffer.alloc(256 * serialLength);
let used = pool.length;

/**
 * A certificate's serial number: 16 random octets, unsigned big-endian.
 *
 * The first is never zero, so that every serial has the same length in every notation; that costs 0.006 of 128 bits.
 */
export function randomSerial(): Buffer {
  for (;;) {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const serial = Buffer.from(pool.subarray(used, used + serialLength));
    used += serialLength;
    if (serial[0] !== 0) return serial;
  }
}

/** A bearer's secret: 32 random octets as 43 characters of base64url. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares without telling by its time where the first difference is; a difference in length does show. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
