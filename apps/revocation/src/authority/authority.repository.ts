import type { Pool } from 'pg';
import { withEveryCustomer, withTenant } from '#libs/database';
import type { AuthorityKind, AuthorityRow } from './known-authority.js';

interface Row {
  readonly ca_id: string;
  readonly customer_id: string;
  readonly handle: string;
  readonly kind: AuthorityKind;
  readonly generation: number;
  readonly key_ref: string | null;
  readonly certificate: Buffer;
  readonly shards: number;
}

/** The CAs that this service has heard of. */
export class AuthorityRepository {
  constructor(private readonly pool: Pool) {}

  /** Every CA of every customer: what is public about them is served from memory. */
  async all(): Promise<AuthorityRow[]> {
    return withEveryCustomer(this.pool, async (client) => {
      const { rows } = await client.query<Row>('SELECT * FROM revocation.authority');
      return rows.map(authorityRow);
    });
  }

  /** Keeps what certificates rest on: number of shards and certificate stay as they were first. */
  async keep(authority: AuthorityRow): Promise<void> {
    await withTenant(this.pool, authority.customerId, (client) =>
      client.query(
        `INSERT INTO revocation.authority
           (ca_id, customer_id, handle, kind, generation, key_ref, certificate, shards)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (ca_id) DO UPDATE SET handle = excluded.handle, key_ref = excluded.key_ref`,
        [
          authority.caId,
          authority.customerId,
          authority.handle,
          authority.kind,
          authority.generation,
          authority.keyRef ?? null,
          Buffer.from(authority.certificate),
          authority.shards,
        ],
      ),
    );
  }
}

function authorityRow(row: Row): AuthorityRow {
  return {
    caId: row.ca_id,
    customerId: row.customer_id,
    handle: row.handle,
    kind: row.kind,
    generation: row.generation,
    keyRef: row.key_ref ?? undefined,
    certificate: row.certificate,
    shards: row.shards,
  };
}
