import { EntitySchema } from 'typeorm';
import type { CaKeyAlgorithm } from '#libs/kms';
import type { CeremonyRow } from '../ceremony/ceremony.entity.js';
import type { NameConstraintLists } from './name-constraints.js';

/** `shared` holds the CA of all Free customers, and is nobody's account. */
export type CustomerTier = 'dev' | 'free' | 'shared';
export type CustomerStatus = 'provisioning' | 'active' | 'suspended';

export interface CustomerRow {
  readonly id: string;
  readonly handle: string;
  readonly status: CustomerStatus;
  readonly tier: CustomerTier;
  /** From 1, one more with every change that an event tells of. */
  readonly version: number;
  readonly rootAlgorithm: CaKeyAlgorithm;
  readonly intermediateAlgorithm: CaKeyAlgorithm;
  /** Null when nothing is constrained. */
  readonly nameConstraints: NameConstraintLists | null;
  /** Parts of the CRL, from 1 to 1024; fixed when the customer is made. */
  readonly crlShards: number;
  /** The customer's own root signs its intermediates. */
  readonly externalRoot: boolean;
  /** Text form of a `KeyHome`; null for the installation's default. */
  readonly keyHome: string | null;
  readonly createdAt: Date;
  /** When the first ceremony ended; also of a customer that was suspended then. */
  readonly activatedAt: Date | null;
  /** The ceremony under way, where a query joined it. */
  readonly ceremony?: CeremonyRow | null;
}

export const CustomerEntity = new EntitySchema<CustomerRow>({
  name: 'customer',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    handle: { type: 'text' },
    status: { type: 'text' },
    tier: { type: 'text' },
    version: { type: 'integer' },
    rootAlgorithm: { name: 'root_algorithm', type: 'text' },
    intermediateAlgorithm: { name: 'intermediate_algorithm', type: 'text' },
    nameConstraints: { name: 'name_constraints', type: 'jsonb', nullable: true },
    crlShards: { name: 'crl_shards', type: 'smallint', default: 1 },
    externalRoot: { name: 'external_root', type: 'boolean' },
    keyHome: { name: 'key_home', type: 'text', nullable: true },
    createdAt: { name: 'created_at', type: 'timestamptz' },
    activatedAt: { name: 'activated_at', type: 'timestamptz', nullable: true },
  },
});
