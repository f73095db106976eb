import { z } from 'zod';
import { caKeyAlgorithms } from '../signer.js';

/**
 * What a token's keys cannot say of themselves, in a data object beside them (CKA_OBJECT_ID is the keys' CKA_ID).
 * Written before the key is made: a key without it cannot be.
 */
const keyRecord = z.object({
  /** Grows with each change: tokens do not change data objects, so a newer one stands beside the old for a moment. */
  revision: z.number(),
  /** CKA_ID, hexadecimal. */
  id: z.string(),
  name: z.string(),
  algorithm: z.enum(caKeyAlgorithms),
  labels: z.record(z.string(), z.string()),
  /** Epoch milliseconds, also below. */
  createdAt: z.number(),
  destroyAt: z.number().optional(),
});
export type KeyRecord = z.output<typeof keyRecord>;

/** CKA_APPLICATION of the data objects. */
export const application = 'stackrunner';

export function parseKeyRecord(value: Uint8Array): KeyRecord | undefined {
  try {
    return keyRecord.parse(JSON.parse(Buffer.from(value).toString()));
  } catch {
    // Somebody else's object under our name: not a key of ours.
    return undefined;
  }
}

export function serializeKeyRecord(record: KeyRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}
