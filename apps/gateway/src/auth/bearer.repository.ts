import type { DataSource, EntityManager } from 'typeorm';
import { mapDatabaseError } from '#libs/database';
import type { CustomerStanding, Principal } from './principal.js';

interface FoundRow {
  readonly hash: Buffer;
  readonly customer_id: string;
  readonly handle: string;
  readonly status: CustomerStanding;
}

/** The table of bearer hashes. A bearer itself is in no table. */
export class BearerRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Looks up hashes of whoever they are: the one read that cannot name its customer first.
   *
   * @param hashes SHA-256 in hex
   * @returns those that are known, by hash
   * @throws DomainError storage_unavailable
   */
  async find(hashes: readonly string[]): Promise<ReadonlyMap<string, Principal>> {
    try {
      const rows: FoundRow[] = await this.dataSource.query('SELECT * FROM gateway.find_bearers($1)', [
        hashes.map((hash) => Buffer.from(hash, 'hex')),
      ]);
      return new Map(
        rows.map(({ hash, customer_id, handle, status }) => [
          hash.toString('hex'),
          { customerId: customer_id, handle, status },
        ]),
      );
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** Makes this hash the customer's only one, within a transaction as that customer. */
  async replace(manager: EntityManager, customerId: string, hash: Uint8Array): Promise<void> {
    await manager.query('DELETE FROM gateway.bearer WHERE customer_id = $1', [customerId]);
    await manager.query('INSERT INTO gateway.bearer (hash, customer_id) VALUES ($1, $2)', [
      Buffer.from(hash),
      customerId,
    ]);
  }
}
