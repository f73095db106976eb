import type { EntityManager } from 'typeorm';
import type { Limits } from '../plan/plan.js';
import { EntitlementEntity, type EntitlementRow } from './entitlement.entity.js';

/** Every method works within a transaction of the customer, given as `manager`. */
export class EntitlementRepository {
  async find(manager: EntityManager, customerId: string): Promise<EntitlementRow | undefined> {
    return (await manager.findOneBy(EntitlementEntity, { customerId })) ?? undefined;
  }

  /** Returns whether it was added: a customer has one, whoever else adds one at the same moment. */
  async add(manager: EntityManager, entitlement: EntitlementRow): Promise<boolean> {
    const inserted = await manager
      .createQueryBuilder()
      .insert()
      .into(EntitlementEntity)
      .values(entitlement)
      .orIgnore()
      .updateEntity(false)
      .returning('version')
      .execute();
    return (inserted.raw as unknown[]).length > 0;
  }

  /** The same row, held against other changes until the transaction ends. */
  async lock(manager: EntityManager, customerId: string): Promise<EntitlementRow> {
    return manager.findOneOrFail(EntitlementEntity, {
      where: { customerId },
      lock: { mode: 'pessimistic_write' },
    });
  }

  async change(
    manager: EntityManager,
    customerId: string,
    change: Partial<Limits> & Pick<EntitlementRow, 'plan' | 'version' | 'changedAt'>,
  ): Promise<void> {
    await manager.update(EntitlementEntity, { customerId }, change);
  }
}
