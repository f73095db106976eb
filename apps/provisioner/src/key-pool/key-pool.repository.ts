import { type EntityManager, IsNull } from 'typeorm';
import type { CaKeyAlgorithm } from '#libs/kms';
import type { AuthorityName } from '../authority/authority.repository.js';
import { PoolKeyEntity, type PoolKeyRow } from './pool-key.entity.js';

/** Keys that nobody has are seen in every scope; one that was taken only by its customer. */
export class KeyPoolRepository {
  /** UUID of this installation, whose keys carry it as a label. */
  async installation(manager: EntityManager): Promise<string> {
    const [row] = await manager.query<{ id: string }[]>('SELECT id FROM provisioner.installation');
    if (!row) throw new Error('The installation has no mark.');
    return row.id;
  }

  /** How many keys of a kind wait for a customer, with those that are being made. */
  stock(manager: EntityManager, algorithm: CaKeyAlgorithm): Promise<number> {
    return manager.countBy(PoolKeyEntity, { algorithm, customerId: IsNull() });
  }

  async plan(
    manager: EntityManager,
    planned: Pick<PoolKeyRow, 'name' | 'algorithm' | 'createdAt'>,
  ): Promise<void> {
    await manager.insert(PoolKeyEntity, planned);
  }

  /** What was named and is still to be made, the latest first. */
  planned(manager: EntityManager): Promise<PoolKeyRow[]> {
    return manager.find(PoolKeyEntity, {
      where: { keyRef: IsNull(), customerId: IsNull() },
      order: { name: 'DESC' },
    });
  }

  async made(manager: EntityManager, name: string, keyRef: string): Promise<void> {
    await manager.update(PoolKeyEntity, { name }, { keyRef });
  }

  /**
   * The reference of the key that an authority takes: the oldest that is free, or undefined when it makes one of the
   * given name for itself. What was decided first stands, or a key of the other kind would be left behind.
   */
  async take(
    manager: EntityManager,
    { customerId, kind, generation }: AuthorityName,
    own: Pick<PoolKeyRow, 'name' | 'algorithm' | 'createdAt'>,
  ): Promise<string | undefined> {
    // Two that work on one ceremony ask one after the other: the second finds what was decided for the first.
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `pool_key ${customerId} ${kind} ${generation}`,
    ]);
    const [decided] = await manager.query<{ key_ref: string | null }[]>(
      `WITH earlier AS (
         SELECT key_ref FROM provisioner.pool_key WHERE customer_id = $1 AND kind = $2 AND generation = $3
       ), taken AS (
         UPDATE provisioner.pool_key SET customer_id = $1, kind = $2, generation = $3
         WHERE NOT EXISTS (SELECT FROM earlier) AND name = (
           SELECT name FROM provisioner.pool_key
           WHERE customer_id IS NULL AND key_ref IS NOT NULL AND algorithm = $4
           ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
         ) RETURNING key_ref
       )
       SELECT key_ref FROM earlier UNION ALL SELECT key_ref FROM taken`,
      [customerId, kind, generation, own.algorithm],
    );
    if (decided) return decided.key_ref ?? undefined;
    await manager.insert(PoolKeyEntity, { ...own, customerId, kind, generation });
    return undefined;
  }
}
