import { In } from 'typeorm';
import type { TenantScope } from '#libs/database';
import { CertificateEntity, type CertificateRow } from './certificate.entity.js';

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

/**
 * One probe of the key a day, the most likely days first: serial numbers are random, and the key begins with
 * the day so that storing a certificate stays cheap. Each probe reads one partition.
 */
const bySerialWithin = `
  SELECT c.der, c.serial, c.fingerprint, c.ca_id, c.issued_at, c.expires_at
  FROM generate_series($2::date, $3::date, '1 day') AS day
  JOIN issuer.certificate c ON c.expires_on = day::date AND c.serial = $1
  LIMIT 1`;

/** By the partitions' names: to look for the smallest day would read the keys of all other customers too. */
const oldestPartition = `
  SELECT replace(right(relname, 7), '_', '-') AS month FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = 'issuer.certificate'::regclass AND relname ~ '_[0-9]{4}_[0-9]{2}$'
  ORDER BY 1 LIMIT 1`;

/** Longest that a certificate lives, in days (specification 1 §3), and one for the day's end. */
const liveDays = 91;
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
      const [oldest]: { month: string }[] = await manager.query(oldestPartition);
      return oldest ? within(`${oldest.month}-01`, dateOf(now - day)) : undefined;
    });
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
