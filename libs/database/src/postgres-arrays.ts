/** Types of PostgreSQL by their object identifiers (pg_type.dat): they are fixed for ever. */
export const oid = { bytea: 17, int4: 23, text: 25, timestamptz: 1184, uuid: 2950 } as const;

/** Seconds from the Unix epoch to PostgreSQL's own, 2000-01-01. */
const postgresEpoch = 946_684_800;

/**
 * One-dimensional arrays in PostgreSQL's binary format (`array_recv`): node-postgres sends a Buffer as it
 * is, so a parameter of a thousand certificates costs one copy and no text.
 */
function arrayOf(type: number, count: number, bodyLength: number, hasNull = false): Buffer {
  const buffer = Buffer.allocUnsafe(20 + bodyLength);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(type, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

export function int4Array(values: readonly number[]): Buffer {
  const buffer = arrayOf(oid.int4, values.length, values.length * 8);
  let at = 20;
  for (const value of values) {
    buffer.writeInt32BE(4, at);
    buffer.writeInt32BE(value, at + 4);
    at += 8;
  }
  return buffer;
}

/** @param values Unix seconds */
export function timestamptzArray(values: readonly number[]): Buffer {
  const buffer = arrayOf(oid.timestamptz, values.length, values.length * 12);
  let at = 20;
  for (const value of values) {
    const microseconds = (value - postgresEpoch) * 1_000_000;
    buffer.writeInt32BE(8, at);
    // Exact below 2^53, until the year 2255, and a fifth of what a bigint costs.
    buffer.writeInt32BE(Math.floor(microseconds / 2 ** 32), at + 4);
    buffer.writeInt32BE(microseconds | 0, at + 8);
    at += 12;
  }
  return buffer;
}

/** @param values 16 octets each */
export function uuidArray(values: readonly Uint8Array[]): Buffer {
  return elements(oid.uuid, values);
}

/** An absent value is NULL. */
export function byteaArray(values: readonly (Uint8Array | undefined)[]): Buffer {
  return elements(oid.bytea, values);
}

/** An absent value is NULL. */
export function textArray(values: readonly (string | undefined)[]): Buffer {
  return elements(
    oid.text,
    values.map((value) => (value === undefined ? undefined : Buffer.from(value))),
  );
}

/** @param blocks elements that carry their length already, each as four octets before it */
export function byteaArrayOfBlocks(count: number, blocks: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const block of blocks) length += block.length;
  const buffer = arrayOf(oid.bytea, count, length);
  let at = 20;
  for (const block of blocks) {
    buffer.set(block, at);
    at += block.length;
  }
  return buffer;
}

function elements(type: number, values: readonly (Uint8Array | undefined)[]): Buffer {
  let length = 0;
  let hasNull = false;
  for (const value of values) {
    length += 4 + (value?.length ?? 0);
    hasNull ||= value === undefined;
  }
  const buffer = arrayOf(type, values.length, length, hasNull);
  let at = 20;
  for (const value of values) {
    buffer.writeInt32BE(value?.length ?? -1, at);
    if (value) buffer.set(value, at + 4);
    at += 4 + (value?.length ?? 0);
  }
  return buffer;
}

/** The 16 octets of a UUID in its text form. */
export function uuidBytes(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}
