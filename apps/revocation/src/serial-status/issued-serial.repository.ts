import type { Pool } from 'pg';
import type { IssuedRecord } from '#libs/contracts';
import {
  byteaArray,
  mapDatabaseError,
  timestamptzArray,
  uuidArray,
  uuidBytes,
  withTenant,
} from '#libs/database';
import { canonicalSerial } from './serial.js';

/** Longest that a certificate lives, in days (specification 1 §3), and one for the day's end. */
const liveDays = 91;
/** The same for birth certificates (specification 2 §3). */
const birthDays = 366;
const dayMs = 86_400_000;

/** One probe of the key a day: it begins with the day, so that recording stays cheap. */
const onDaysSql = `
  SELECT extract(epoch FROM expires_at)::float8 AS expires_at
  FROM revocation.issued_serial WHERE serial = $1 AND expires_on = ANY($2::date[])
  LIMIT 1`;

/** What expires outside of every month that has a partition: nothing, unless clocks or this job were wrong. */
const elsewhereSql = `
  SELECT extract(epoch FROM expires_at)::float8 AS expires_at
  FROM revocation.issued_serial_default WHERE serial = $1
  LIMIT 1`;

export interface SerialSearch {
  readonly customerId: string;
  /** As `canonicalSerial` gives it. */
  readonly serial: Uint8Array;
  /** Unix milliseconds. */
  readonly now: number;
  /** The first day that has a partition, as YYYY-MM-DD. */
  readonly firstDay: string;
}

/** The serial numbers that were issued. Only `find` shows them, to each customer its own. */
export class IssuedSerialRepository {
  constructor(private readonly pool: Pool) {}

  /** Records certificates of any number of customers in one statement; what is recorded already stays. */
  async record(certificates: readonly IssuedRecord[]): Promise<void> {
    const octetsOf = rememberingUuids();
    const serials: Uint8Array[] = [];
    const customers: Uint8Array[] = [];
    const cas: Uint8Array[] = [];
    const expiries: number[] = [];
    for (const certificate of certificates) {
      const serial = canonicalSerial(certificate.serial);
      if (serial === undefined) continue;
      serials.push(serial);
      customers.push(octetsOf(certificate.customerId));
      cas.push(octetsOf(certificate.caId));
      expiries.push(Number(certificate.notAfter));
    }
    try {
      await this.pool.query({
        name: 'record_issued',
        text: 'SELECT revocation.record_issued($1, $2, $3, $4)',
        values: [byteaArray(serials), uuidArray(customers), uuidArray(cas), timestamptzArray(expiries)],
      });
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** When the certificate expires, in Unix seconds; undefined when this customer has none of that number. */
  find({ customerId, serial, now, firstDay }: SerialSearch): Promise<number | undefined> {
    const number = Buffer.from(serial);
    return withTenant(this.pool, customerId, async (client) => {
      const ask = async (name: string, text: string, values: unknown[]) =>
        (await client.query<{ expires_at: number }>({ name, text, values })).rows[0]?.expires_at;
      const onDays = (days: readonly string[]) => ask('find_serial', onDaysSql, [number, days]);

      return (
        (await onDays(daysBetween(now, now + liveDays * dayMs))) ??
        (await onDays(daysBetween(Date.parse(firstDay), now - dayMs))) ??
        (await onDays(daysBetween(now + (liveDays + 1) * dayMs, now + birthDays * dayMs))) ??
        (await ask('find_serial_elsewhere', elsewhereSql, [number]))
      );
    });
  }
}

/** The UTC days of a span in Unix milliseconds, both ends included, as YYYY-MM-DD. */
function daysBetween(from: number, to: number): string[] {
  const count = Math.max(0, Math.floor(to / dayMs) - Math.floor(from / dayMs) + 1);
  return Array.from({ length: count }, (_, day) => dayOf(from + day * dayMs));
}

/** The UTC day of a time in Unix milliseconds, as YYYY-MM-DD. */
export function dayOf(ms: number): string {
  return new Date(ms - (ms % dayMs)).toISOString().slice(0, 10);
}

/** A batch names few customers and CAs many times. */
function rememberingUuids(): (uuid: string) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (uuid) => {
    const remembered = known.get(uuid);
    if (remembered) return remembered;
    const octets = uuidBytes(uuid);
    known.set(uuid, octets);
    return octets;
  };
}
