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

  /**
   * Writes a customer within a transaction as that customer, unless a newer version is there already.
   *
   * The event and the answer to the request may bring a new customer at the same moment. `ON CONFLICT DO UPDATE` looks
   * at one unique index alone, and the other, of handles, would refuse the second; what waits for both and writes
   * nothing where nothing is new also costs no flush of the log.
   */
  async put(manager: EntityManager, customer: Customer): Promise<void> {
    const { id, handle, version } = customer;
    const facts = [id, standingOf(customer), tierOf(customer), version.toString()];
    const added: unknown[] = await manager.query(
      `INSERT INTO gateway.customer (customer_id, status, tier, version, handle) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING customer_id`,
      [...facts, handle],
    );
    if (added.length > 0) return;
    await manager.query(
      `UPDATE gateway.customer SET status = $2, tier = $3, version = $4 WHERE customer_id = $1 AND version < $4`,
      facts,
    );
  }
}
