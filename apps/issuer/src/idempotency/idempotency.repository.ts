import type { TenantScope } from '#libs/database';
import type { Idempotency } from './idempotency.js';

/** What an idempotency key was spent on. */
export interface SpentKey {
  readonly bodyHash: Buffer;
  readonly caId: string;
  readonly serials: readonly Buffer[];
  readonly notAfter: Date;
  readonly batchNumber: bigint | undefined;
}

interface Row {
  readonly body_hash: Buffer;
  readonly ca_id: string;
  readonly serials: readonly Buffer[];
  readonly not_after: Date;
  readonly batch_number: string | null;
}

/** Reads the keys of the last 24 hours; `issuer.record_mints` writes them. */
export class IdempotencyRepository {
  constructor(private readonly scope: TenantScope) {}

  /** @param now epoch milliseconds */
  async find(customerId: string, { key }: Idempotency, now: number): Promise<SpentKey | undefined> {
    const rows: Row[] = await this.scope.run(customerId, (manager) =>
      manager.query(
        `SELECT body_hash, ca_id, serials, not_after, batch_number FROM issuer.idempotency
         WHERE customer_id = $1 AND key_hash = $2 AND expires_at > $3`,
        [customerId, Buffer.from(key), new Date(now)],
      ),
    );
    const [row] = rows;
    return (
      row && {
        bodyHash: row.body_hash,
        caId: row.ca_id,
        serials: row.serials,
        notAfter: row.not_after,
        batchNumber: row.batch_number === null ? undefined : BigInt(row.batch_number),
      }
    );
  }
}
