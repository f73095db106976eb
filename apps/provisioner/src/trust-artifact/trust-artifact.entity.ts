import { EntitySchema } from 'typeorm';

/** A chain that was checked and made public: relying parties may have it, so it never changes. */
export interface TrustArtifactRow {
  readonly customerId: string;
  readonly generation: number;
  /** DER. */
  readonly root: Buffer;
  /** DER. */
  readonly intermediate: Buffer;
  /** The intermediate's authority. */
  readonly authorityId: string;
  readonly publishedAt: Date;
}

export const TrustArtifactEntity = new EntitySchema<TrustArtifactRow>({
  name: 'trust_artifact',
  columns: {
    customerId: { name: 'customer_id', type: 'uuid', primary: true },
    generation: { type: 'integer', primary: true },
    root: { type: 'bytea' },
    intermediate: { type: 'bytea' },
    authorityId: { name: 'authority_id', type: 'uuid' },
    publishedAt: { name: 'published_at', type: 'timestamptz' },
  },
});
