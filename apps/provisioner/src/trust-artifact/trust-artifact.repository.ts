import { type EntityManager, LessThan } from 'typeorm';
import { TrustArtifactEntity, type TrustArtifactRow } from './trust-artifact.entity.js';

/** Every method works within a transaction of a tenant, given as `manager`. */
export class TrustArtifactRepository {
  async add(manager: EntityManager, artifact: TrustArtifactRow): Promise<void> {
    await manager.insert(TrustArtifactEntity, artifact);
  }

  find(manager: EntityManager, customerId: string, generation: number): Promise<TrustArtifactRow | null> {
    return manager.findOneBy(TrustArtifactEntity, { customerId, generation });
  }

  /** The newest chain before a generation: the one that this generation took over from. */
  before(manager: EntityManager, customerId: string, generation: number): Promise<TrustArtifactRow | null> {
    return manager.findOne(TrustArtifactEntity, {
      where: { customerId, generation: LessThan(generation) },
      order: { generation: 'DESC' },
    });
  }

  /** The chain of the newest generation. */
  newest(manager: EntityManager, customerId: string): Promise<TrustArtifactRow | null> {
    return manager.findOne(TrustArtifactEntity, { where: { customerId }, order: { generation: 'DESC' } });
  }
}
