import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { CeremonyEntity } from '../ceremony/ceremony.entity.js';
import { CustomerEntity, type CustomerRow } from './customer.entity.js';

export type NewCustomer = Pick<
  CustomerRow,
  | 'handle'
  | 'tier'
  | 'rootAlgorithm'
  | 'intermediateAlgorithm'
  | 'nameConstraints'
  | 'externalRoot'
  | 'keyHome'
  | 'createdAt'
> &
  Partial<Pick<CustomerRow, 'id' | 'status' | 'activatedAt' | 'crlShards'>>;
export type CustomerChange = Partial<Pick<CustomerRow, 'status' | 'tier' | 'activatedAt'>>;

/** Every method works within a transaction of a tenant or of every customer, given as `manager`. */
export class CustomerRepository {
  /** Returns its id; undefined when the handle is taken, also by a transaction that commits at the same moment. */
  async add(manager: EntityManager, customer: NewCustomer): Promise<string | undefined> {
    const inserted = await manager
      .createQueryBuilder()
      .insert()
      .into(CustomerEntity)
      .values({ status: 'provisioning', ...customer, version: 1 })
      .orIgnore()
      .returning('id')
      .execute();
    return (inserted.raw as { id: string }[])[0]?.id;
  }

  async byHandle(manager: EntityManager, handle: string): Promise<CustomerRow | undefined> {
    return (await this.#query(manager).where('customer.handle = :handle', { handle }).getOne()) ?? undefined;
  }

  async byId(manager: EntityManager, id: string): Promise<CustomerRow | undefined> {
    return (await this.#query(manager).where('customer.id = :id', { id }).getOne()) ?? undefined;
  }

  /** By handle, after a given one; an empty handle comes before all others. */
  list(manager: EntityManager, after: string, limit: number): Promise<CustomerRow[]> {
    return this.#query(manager)
      .where("customer.handle > :after AND customer.tier <> 'shared'", { after })
      .orderBy('customer.handle')
      .limit(limit)
      .getMany();
  }

  /** Holds off changes of this customer until the transaction ends. */
  async hold(manager: EntityManager, id: string): Promise<void> {
    await manager.query('SELECT FROM provisioner.customer WHERE id = $1 FOR SHARE', [id]);
  }

  /** Free customers that wait for the CA which they share. */
  waitingForShared(manager: EntityManager): Promise<CustomerRow[]> {
    return this.#query(manager)
      .where("customer.tier = 'free' AND customer.activatedAt IS NULL")
      .orderBy('customer.id')
      .getMany();
  }

  /** Waits for other changes of this customer, and holds them off until the transaction ends. */
  async lock(manager: EntityManager, id: string): Promise<void> {
    await manager.query('SELECT FROM provisioner.customer WHERE id = $1 FOR UPDATE', [id]);
  }

  /**
   * Notes that a customer's CA is ready, once. One that was suspended meanwhile stays so. Returns whether it has
   * changed anything.
   */
  async activate(manager: EntityManager, id: string, activatedAt: Date): Promise<boolean> {
    const [, changed] = await manager.query<[unknown[], number]>(
      `UPDATE provisioner.customer SET activated_at = $2, version = version + 1,
         status = CASE status WHEN 'provisioning' THEN 'active' ELSE status END
       WHERE id = $1 AND activated_at IS NULL`,
      [id, activatedAt],
    );
    return changed === 1;
  }

  /** One change is one version. */
  async change(manager: EntityManager, id: string, change: CustomerChange): Promise<void> {
    await manager.update(CustomerEntity, { id }, { ...change, version: () => 'version + 1' });
  }

  #query(manager: EntityManager): SelectQueryBuilder<CustomerRow> {
    return manager
      .createQueryBuilder(CustomerEntity, 'customer')
      .leftJoinAndMapOne(
        'customer.ceremony',
        CeremonyEntity.options.name,
        'ceremony',
        'ceremony.customerId = customer.id AND ceremony.finishedAt IS NULL',
      );
  }
}
