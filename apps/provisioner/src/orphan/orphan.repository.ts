import type { EntityManager } from 'typeorm';

/** What tells an orphan key from one that is needed. Works in the scope of every customer. */
export class OrphanRepository {
  /** Where customers keep keys beside the installation's own home, in text form. */
  async keyHomes(manager: EntityManager): Promise<string[]> {
    const rows = await manager.query<{ key_home: string }[]>(
      'SELECT DISTINCT key_home FROM provisioner.customer WHERE key_home IS NOT NULL ORDER BY key_home',
    );
    return rows.map(({ key_home: home }) => home);
  }

  /** Whether a customer is in the middle of a ceremony, which may have made a key and not recorded it yet. */
  async ceremonyUnderWay(manager: EntityManager, customerId: string): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      'SELECT FROM provisioner.ceremony WHERE customer_id::text = $1 AND finished_at IS NULL',
      [customerId],
    );
    return rows.length > 0;
  }

  /** Whether a CA of any customer, or the pool, names the key. */
  async isNamed(manager: EntityManager, keyRef: string): Promise<boolean> {
    const [row] = await manager.query<{ named: boolean }[]>('SELECT provisioner.key_is_named($1) AS named', [
      keyRef,
    ]);
    return row?.named !== false;
  }
}
