import { EntitySchema } from 'typeorm';
import type { CaKeyAlgorithm } from '#libs/kms';

export type AuthorityKind = 'root' | 'intermediate';

/** A CA of a customer, from the moment its key exists. */
export interface AuthorityRow {
  readonly id: string;
  readonly customerId: string;
  readonly kind: AuthorityKind;
  /** From 1; a rotation makes the next one. */
  readonly generation: number;
  /** Text form of a `KeyRef`. */
  readonly keyRef: string;
  readonly algorithm: CaKeyAlgorithm;
  /** What the ceremony will have signed: written before the signature, so that a retry signs the same. */
  readonly toBeSigned: Buffer | null;
  /** DER. */
  readonly certificate: Buffer | null;
  /** CertificationRequest in DER, of an intermediate that a root of the customer's own signs. */
  readonly request: Buffer | null;
  /** DER, of a root that is not ours. */
  readonly issuerCertificate: Buffer | null;
  /** What the hardware has stated of the key. */
  readonly attestation: Buffer | null;
  readonly createdAt: Date;
}

export const AuthorityEntity = new EntitySchema<AuthorityRow>({
  name: 'authority',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    customerId: { name: 'customer_id', type: 'uuid' },
    kind: { type: 'text' },
    generation: { type: 'integer' },
    keyRef: { name: 'key_ref', type: 'text' },
    algorithm: { type: 'text' },
    toBeSigned: { name: 'to_be_signed', type: 'bytea', nullable: true },
    certificate: { type: 'bytea', nullable: true },
    request: { type: 'bytea', nullable: true },
    issuerCertificate: { name: 'issuer_certificate', type: 'bytea', nullable: true },
    attestation: { type: 'bytea', nullable: true },
    createdAt: { name: 'created_at', type: 'timestamptz' },
  },
});
