import { EntitySchema } from 'typeorm';

/** An intermediate as its activation told of it; one that is retired may be known by its ids only. */
export interface AuthorityRow {
  readonly caId: string;
  readonly customerId: string;
  readonly handle: string | null;
  readonly keyRef: string | null;
  /** `KeyAlgorithm` of `stackrunner.provisioner.v1`. */
  readonly algorithm: number | null;
  readonly intermediateDer: Buffer | null;
  readonly rootDer: Buffer | null;
  readonly generation: number | null;
  /** Parts of its CRL. */
  readonly crlShards: number;
  readonly retired: boolean;
}

export const AuthorityEntity = new EntitySchema<AuthorityRow>({
  name: 'authority',
  columns: {
    caId: { name: 'ca_id', type: 'uuid', primary: true },
    customerId: { name: 'customer_id', type: 'uuid' },
    handle: { type: 'text', nullable: true },
    keyRef: { name: 'key_ref', type: 'text', nullable: true },
    algorithm: { type: 'smallint', nullable: true },
    intermediateDer: { name: 'intermediate_der', type: 'bytea', nullable: true },
    rootDer: { name: 'root_der', type: 'bytea', nullable: true },
    generation: { type: 'integer', nullable: true },
    crlShards: { name: 'crl_shards', type: 'smallint' },
    retired: { type: 'boolean' },
  },
});
