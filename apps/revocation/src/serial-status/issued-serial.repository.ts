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
const dayMs = 86_400_000;

/**
 * One probe of the key a day: certificates that are alive, then what stands outside of every month, then
 * those that have expired, the latest first. The first hit ends it.
 */
const findSql = `
  SELECT extract(epoch FROM expires_at)::float8 AS expires_at FROM (
    SELECT s.expires_at
    FROM generate_series($2::date::timestamp, $2::date + ${liveDays}, '1 day') AS day
    CROSS JOIN LATERAL (
      SELECT expires_at FROM revocation.issued_serial WHERE expires_on = day::date AND serial = $1
    ) AS s
    UNION ALL
    SELECT expires_at FROM revocation.issued_serial_default WHERE serial = $1
    UNION ALL
    SELECT s.expires_at
    FROM generate_series($2::date - 1, $3::date::timestamp, '-1 day') AS day
    CROSS JOIN LATERAL (
      SELECT expires_at FROM revocation.issued_serial WHERE expires_on = day::date AND serial = $1
    ) AS s
  ) AS found
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
    const rows = certificates.flatMap((certificate) => {
      const serial = canonicalSerial(certificate.serial);
      return serial === undefined ? [] : [{ certificate, serial }];
    });
    try {
      await this.pool.query({
        name: 'record_issued',
        text: 'SELECT revocation.record_issued($1, $2, $3, $4)',
        values: [
          byteaArray(rows.map(({ serial }) => serial)),
          uuidArray(rows.map(({ certificate }) => octetsOf(certificate.customerId))),
          uuidArray(rows.map(({ certificate }) => octetsOf(certificate.caId))),
          timestamptzArray(rows.map(({ certificate }) => Number(certificate.notAfter))),
        ],
      });
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** When the certificate expires, in Unix seconds; undefined when this customer has none of that number. */
  find({ customerId, serial, now, firstDay }: SerialSearch): Promise<number | undefined> {
    return withTenant(this.pool, customerId, async (client) => {
      const { rows } = await client.query<{ expires_at: number }>({
        name: 'find_serial',
        text: findSql,
        values: [Buffer.from(serial), dayOf(now), firstDay],
      });
      return rows[0]?.expires_at;
    });
  }
}

/** The UTC day of a time in Unix milliseconds, as YYYY-MM-DD. */
export function dayOf(ms: number): string {
  return new Date(ms - (ms % dayMs)).toISOString().slice(0, 10);
}

/** A batch names few customers and CAs many times. */
function rememberingUuids(): (uuid: string) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (uuid) => {
    const octets = known.get(uuid) ?? uuidBytes(uuid);
    known.set(uuid, octets);
    return octets;
  };
}
