import { uuidBytes } from '#libs/database';
import { sha256 } from '#libs/x509';
import type { JournalEntry } from './journal-entry.js';

/** The hash before the first entry. */
export const chainStart: Uint8Array = new Uint8Array(32);

const absent = -(2n ** 63n);
const noJob = new Uint8Array(16);

/**
 * The hash that an entry must have after the one before it: SHA-256 over that hash and every field of the entry,
 * in the form that `revocation.journal_hash` describes. Computed here without PostgreSQL, so that a journal
 * can be checked by somebody else than its writer.
 */
export function chainHash(previous: Uint8Array, entry: Omit<JournalEntry, 'hash'>): Uint8Array {
  const actorId = Buffer.from(entry.actor.id);
  return sha256(
    Buffer.concat([
      previous,
      uuidBytes(entry.customerId),
      int64(BigInt(entry.sequence)),
      uuidBytes(entry.caId),
      int32(entry.serial.length),
      entry.serial,
      int16(entry.reason),
      microseconds(entry.recordedAt),
      entry.invalidityDate === undefined ? int64(absent) : microseconds(entry.invalidityDate),
      microseconds(entry.expiresAt),
      int16(entry.actor.kind),
      int32(actorId.length),
      actorId,
      entry.jobId === undefined ? noJob : uuidBytes(entry.jobId),
    ]),
  );
}

/**
 * Checks entries that follow one another.
 *
 * @param before the hash and the number of the entry before the first of them
 * @returns the first entry that does not fit: its number is not the next, or its hash is not what it should be
 */
export function firstBreak(
  before: { readonly sequence: number; readonly hash: Uint8Array },
  entries: readonly JournalEntry[],
): JournalEntry | undefined {
  let { sequence, hash } = before;
  for (const entry of entries) {
    if (entry.sequence !== sequence + 1) return entry;
    if (Buffer.compare(chainHash(hash, entry), entry.hash) !== 0) return entry;
    ({ sequence, hash } = entry);
  }
  return undefined;
}

const microseconds = (ms: number): Buffer => int64(BigInt(Math.round(ms)) * 1000n);

function int16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeInt16BE(value);
  return octets;
}

function int32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeInt32BE(value);
  return octets;
}

function int64(value: bigint): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeBigInt64BE(value);
  return octets;
}
