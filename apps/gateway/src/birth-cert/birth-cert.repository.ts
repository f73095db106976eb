import type { EntityManager } from 'typeorm';
import type { IssuedCertificate } from '#libs/contracts';
import type { TenantScope } from '#libs/database';

/** A birth certificate as it was issued. */
export interface BirthCert {
  /** DER. */
  readonly certificate: Buffer;
  /** DER, the intermediate, then the root. */
  readonly chain: readonly Buffer[];
  readonly serial: Buffer;
  readonly fingerprint: Buffer;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** A customer's place for its certificate: the key under which it is asked for, and whether it is there. */
export interface Reservation {
  /** UUID. */
  readonly mintKey: string;
  readonly isIssued: boolean;
}

interface Row {
  readonly certificate: Buffer;
  readonly chain: Buffer[];
  readonly serial: Buffer;
  readonly fingerprint: Buffer;
  readonly issued_at: Date;
  readonly expires_at: Date;
}

export class BirthCertRepository {
  constructor(private readonly tenants: TenantScope) {}

  /** The customer's place, made if there is none: everybody who asks at once gets the same. */
  reserve(customerId: string): Promise<Reservation> {
    return this.tenants.run(customerId, async (manager) => {
      const rows: { mint_key: string; issued: boolean }[] = await manager.query(
        `INSERT INTO gateway.birth_cert (customer_id) VALUES ($1)
         ON CONFLICT (customer_id) DO UPDATE SET customer_id = excluded.customer_id
         RETURNING mint_key, fingerprint IS NOT NULL AS issued`,
        [customerId],
      );
      const [row] = rows;
      if (row === undefined) throw new TypeError('an upsert gave no row');
      return { mintKey: row.mint_key, isIssued: row.issued };
    });
  }

  /** @returns whether it took the place: false when another certificate, or an operator's reset, was there first */
  fill(
    customerId: string,
    mintKey: string,
    issued: IssuedCertificate,
    chain: readonly Uint8Array[],
  ): Promise<boolean> {
    return this.tenants.run(customerId, async (manager) => {
      const [, count]: [unknown, number] = await manager.query(
        `UPDATE gateway.birth_cert
         SET certificate = $3, chain = $4, serial = $5, fingerprint = $6, issued_at = $7, expires_at = $8
         WHERE customer_id = $1 AND mint_key = $2 AND fingerprint IS NULL`,
        [
          customerId,
          mintKey,
          Buffer.from(issued.der),
          chain.map((each) => Buffer.from(each)),
          Buffer.from(issued.serial),
          Buffer.from(issued.fingerprint),
          new Date(Number(issued.notBefore) * 1000),
          new Date(Number(issued.notAfter) * 1000),
        ],
      );
      return count === 1;
    });
  }

  find(customerId: string): Promise<BirthCert | undefined> {
    return this.tenants.run(customerId, async (manager) => {
      const rows: Row[] = await manager.query(
        `SELECT certificate, chain, serial, fingerprint, issued_at, expires_at FROM gateway.birth_cert
         WHERE customer_id = $1 AND fingerprint IS NOT NULL`,
        [customerId],
      );
      const [row] = rows;
      return row && { ...row, issuedAt: row.issued_at, expiresAt: row.expires_at };
    });
  }

  /** Within a transaction as the customer. */
  async remove(manager: EntityManager, customerId: string): Promise<void> {
    await manager.query('DELETE FROM gateway.birth_cert WHERE customer_id = $1', [customerId]);
  }
}
