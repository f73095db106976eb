import { In } from 'typeorm';
import type { TenantScope } from '#libs/database';
import { CertificateEntity, type CertificateRow } from './certificate.entity.js';
import type { PageEnd } from './certificate-page.js';

interface FoundCertificate {
  readonly der: Buffer;
  readonly serial: Buffer;
  readonly fingerprint: Buffer;
  readonly ca_id: string;
  readonly issued_at: Date;
  readonly expires_at: Date;
}

/** What is read of a certificate. */
export type StoredCertificate = Pick<
  CertificateRow,
  'der' | 'serial' | 'fingerprint' | 'caId' | 'issuedAt' | 'expiresAt'
>;

/** Which certificates to list; times are Unix seconds. */
export interface CertificatePageWish {
  readonly size: number;
  readonly after: PageEnd | undefined;
  readonly expiresFrom: bigint | undefined;
  readonly expiresBefore: bigint | undefined;
}

/**
 * One probe of the key a day, the most likely days first: serial numbers are random, and the key begins with
 * the day so that storing a certificate stays cheap. Each probe reads one partition.
 */
const bySerialWithin = `
  SELECT c.der, c.serial, c.fingerprint, c.ca_id, c.issued_at, c.expires_at
  FROM generate_series($2::date, $3::date, '1 day') AS day
  JOIN issuer.certificate c ON c.expires_on = day::date AND c.serial = $1
  LIMIT 1`;

/** What the day says of the time narrows it to the index and to few partitions. */
const pageSql = `
  SELECT der, serial, fingerprint, issued_at, expires_at FROM issuer.certificate
  WHERE customer_id = $1
    AND expires_on >= ($2::timestamptz AT TIME ZONE 'UTC')::date AND expires_at >= $2
    AND expires_on <= ($3::timestamptz AT TIME ZONE 'UTC')::date AND expires_at < $3
    AND expires_on <= ($4::timestamptz AT TIME ZONE 'UTC')::date
    AND (expires_at < $4 OR (expires_at = $4 AND serial > $5))
  ORDER BY expires_on DESC, expires_at DESC, serial LIMIT $6`;

/** The end of the year 9999: X.509 knows no later time (RFC 5280 §4.1.2.5). */
const lastSecond = 253_402_300_799;

/** By the partitions' names: to look for the smallest day would read the keys of all other customers too. */
const oldestPartition = `
  SELECT replace(right(relname, 7), '_', '-') AS month FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = 'issuer.certificate'::regclass AND relname ~ '_[0-9]{4}_[0-9]{2}$'
  ORDER BY 1 LIMIT 1`;

/** Longest that a certificate lives, in days (specification 1 §3), and one for the day's end. */
const liveDays = 91;
/** The same for birth certificates (specification 2 §3). */
const birthDays = 366;
const day = 86_400_000;

/** Reads certificates, each customer its own (row-level security). */
export class CertificateRepository {
  constructor(private readonly scope: TenantScope) {}

  /**
   * @param serial 16 octets
   * @param now epoch milliseconds
   */
  async findBySerial(
    customerId: string,
    serial: Uint8Array,
    now: number,
  ): Promise<StoredCertificate | undefined> {
    return this.scope.run(customerId, async (manager) => {
      const within = async (from: string, to: string): Promise<StoredCertificate | undefined> => {
        const rows: FoundCertificate[] = await manager.query(bySerialWithin, [Buffer.from(serial), from, to]);
        return rows[0] && stored(rows[0]);
      };
      const alive = await within(dateOf(now), dateOf(now + liveDays * day));
      if (alive) return alive;
      const birth = await within(dateOf(now + (liveDays + 1) * day), dateOf(now + birthDays * day));
      if (birth) return birth;
      const [oldest]: { month: string }[] = await manager.query(oldestPartition);
      return oldest ? within(`${oldest.month}-01`, dateOf(now - day)) : undefined;
    });
  }

  /** A page of a customer's certificates: the latest expiry first, by serial number within a second. */
  async page(customerId: string, wish: CertificatePageWish): Promise<StoredCertificate[]> {
    const { size, after, expiresFrom, expiresBefore } = wish;
    const from = Number(expiresFrom ?? 0n);
    const before = Math.min(Number(expiresBefore ?? lastSecond), lastSecond);
    const end = after ?? { expiresAt: new Date(lastSecond * 1000), serial: Buffer.alloc(0) };
    const rows: FoundCertificate[] = await this.scope.run(customerId, (manager) =>
      manager.query(pageSql, [
        customerId,
        new Date(from * 1000),
        new Date(before * 1000),
        end.expiresAt,
        end.serial,
        size,
      ]),
    );
    return rows.map(stored);
  }

  /**
   * The certificates of one batch, in the order of the serials.
   *
   * @param notAfter of them all
   */
  async findBatch(
    customerId: string,
    serials: readonly Buffer[],
    notAfter: Date,
  ): Promise<StoredCertificate[]> {
    const rows = await this.scope.run(customerId, (manager) =>
      manager.findBy(CertificateEntity, { expiresOn: dateOf(notAfter.getTime()), serial: In(serials) }),
    );
    const bySerial = new Map(rows.map((row) => [row.serial.toString('hex'), row]));
    return serials.flatMap((serial) => bySerial.get(serial.toString('hex')) ?? []);
  }
}

/** The UTC day of a time. */
function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function stored(row: FoundCertificate): StoredCertificate {
  return { ...row, caId: row.ca_id, issuedAt: row.issued_at, expiresAt: row.expires_at };
}
