import { EntitySchema } from 'typeorm';

/** An issued certificate. Rows are written by `issuer.record_mints` only, and never change. */
export interface CertificateRow {
  /** Unsigned big-endian, 16 octets. */
  readonly serial: Buffer;
  /** The UTC day of its expiry, `YYYY-MM-DD`: the first part of the key, and what partitions are made by. */
  readonly expiresOn: string;
  readonly customerId: string;
  readonly caId: string;
  /** notBefore. */
  readonly issuedAt: Date;
  /** notAfter. */
  readonly expiresAt: Date;
  /** SHA-256 of the DER. */
  readonly fingerprint: Buffer;
  readonly der: Buffer;
}

export const CertificateEntity = new EntitySchema<CertificateRow>({
  name: 'certificate',
  columns: {
    serial: { type: 'bytea', primary: true },
    expiresOn: { name: 'expires_on', type: 'date', primary: true },
    customerId: { name: 'customer_id', type: 'uuid' },
    caId: { name: 'ca_id', type: 'uuid' },
    issuedAt: { name: 'issued_at', type: 'timestamptz' },
    expiresAt: { name: 'expires_at', type: 'timestamptz' },
    fingerprint: { type: 'bytea' },
    der: { type: 'bytea' },
  },
});
