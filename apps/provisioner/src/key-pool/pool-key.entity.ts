import { EntitySchema } from 'typeorm';
import type { CaKeyAlgorithm } from '#libs/kms';
import type { AuthorityKind } from '../authority/authority.entity.js';

/** A key that was made ahead and who took it, or a key that an authority has made for itself. */
export interface PoolKeyRow {
  readonly name: string;
  readonly algorithm: CaKeyAlgorithm;
  /** Null until the key is made; stays null for one that was not made ahead. */
  readonly keyRef: string | null;
  readonly createdAt: Date;
  /** Null while nobody has it, as are the following two. */
  readonly customerId: string | null;
  readonly kind: AuthorityKind | null;
  readonly generation: number | null;
}

export const PoolKeyEntity = new EntitySchema<PoolKeyRow>({
  name: 'pool_key',
  columns: {
    name: { type: 'text', primary: true },
    algorithm: { type: 'text' },
    keyRef: { name: 'key_ref', type: 'text', nullable: true },
    createdAt: { name: 'created_at', type: 'timestamptz' },
    customerId: { name: 'customer_id', type: 'uuid', nullable: true },
    kind: { type: 'text', nullable: true },
    generation: { type: 'integer', nullable: true },
  },
});
