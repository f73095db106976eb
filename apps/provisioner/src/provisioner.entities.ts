import { AuthorityEntity } from './authority/authority.entity.js';
import { CeremonyEntity, CeremonyStepEntity } from './ceremony/ceremony.entity.js';
import { CustomerEntity } from './customer/customer.entity.js';
import { PoolKeyEntity } from './key-pool/pool-key.entity.js';
import { TrustArtifactEntity } from './trust-artifact/trust-artifact.entity.js';

/** Every table that the service reads. */
export const provisionerEntities = [
  CustomerEntity,
  AuthorityEntity,
  TrustArtifactEntity,
  CeremonyEntity,
  CeremonyStepEntity,
  PoolKeyEntity,
];
