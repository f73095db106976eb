import type { EntityManager } from 'typeorm';
import { DomainError } from '#libs/errors';
import type { Clock } from '#libs/service';
import type { AuthorityRow } from '../authority/authority.entity.js';
import { chainProblem } from '../ceremony/ca-certificate.js';
import type { TrustArtifactRow } from './trust-artifact.entity.js';
import type { TrustArtifactRepository } from './trust-artifact.repository.js';

/** Makes chains public, each once, after it was checked as a relying party would. */
export class TrustArtifactService {
  constructor(
    private readonly artifacts: TrustArtifactRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError internal when a relying party would not accept the chain */
  prepare(rootDer: Buffer, intermediate: AuthorityRow): TrustArtifactRow {
    const now = this.clock.now();
    const { certificate: intermediateDer } = intermediate;
    const problem = intermediateDer
      ? chainProblem(rootDer, intermediateDer, now)
      : 'A certificate of the chain is missing.';
    if (problem || !intermediateDer) throw new DomainError('internal', problem ?? '');
    return {
      customerId: intermediate.customerId,
      generation: intermediate.generation,
      root: rootDer,
      intermediate: intermediateDer,
      authorityId: intermediate.id,
      publishedAt: new Date(now),
    };
  }

  publish(manager: EntityManager, artifact: TrustArtifactRow): Promise<void> {
    return this.artifacts.add(manager, artifact);
  }
}
