import type { DataSource, EntityManager } from 'typeorm';
import type { Customer } from '#libs/contracts';
import { mapDatabaseError } from '#libs/database';
import { standingOf, tierOf } from './customer.presenter.js';

/** The gateway's projection of customers: enough to admit a request without asking the provisioner. */
export class CustomerRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws DomainError storage_unavailable */
  async idOf(handle: string): Promise<string | undefined> {
    try {
      const rows: { customer_id: string }[] = await this.dataSource.query(
        'SELECT customer_id FROM gateway.find_customer($1)',
        [handle],
      );
      return rows[0]?.customer_id;
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }

  /** Writes a customer within a transaction as that customer, unless a newer version is there already. */
  async put(manager: EntityManager, customer: Customer): Promise<void> {
    await manager.query(
      `INSERT INTO gateway.customer (customer_id, handle, status, tier, version) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (customer_id) DO UPDATE
         SET status = excluded.status, tier = excluded.tier, version = excluded.version
       WHERE customer.version < excluded.version`,
      [customer.id, customer.handle, standingOf(customer), tierOf(customer), customer.version.toString()],
    );
  }
}
