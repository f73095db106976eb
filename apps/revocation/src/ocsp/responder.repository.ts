import type { Pool, PoolClient } from 'pg';
import { withTenant } from '#libs/database';

/** A delegated responder of one CA as its row has it. */
export interface ResponderRow {
  readonly caId: string;
  /** From 1. */
  readonly generation: number;
  readonly customerId: string;
  readonly keyRef: string;
  /** DER. */
  readonly certificate: Buffer;
  /** Unix milliseconds. */
  readonly notAfter: number;
}

/** The responders of all replicas: one key and one certificate a CA at a time. */
export class ResponderRepository {
  constructor(private readonly pool: Pool) {}

  newest(customerId: string, caId: string): Promise<ResponderRow | undefined> {
    return withTenant(this.pool, customerId, (client) => newest(client, caId));
  }

  /** Makes the next one, one replica at a time: `make` sees what is newest then. */
  async next(
    customerId: string,
    caId: string,
    make: (newest: ResponderRow | undefined) => Promise<ResponderRow>,
  ): Promise<ResponderRow> {
    return withTenant(this.pool, customerId, async (client) => {
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended('ocsp:' || $1, 0))", [caId]);
      const known = await newest(client, caId);
      const row = await make(known);
      if (row.generation === known?.generation) return known;
      await client.query(
        `INSERT INTO revocation.responder
           (ca_id, generation, customer_id, key_ref, certificate, not_after, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())`,
        [row.caId, row.generation, row.customerId, row.keyRef, row.certificate, new Date(row.notAfter)],
      );
      return row;
    });
  }
}

async function newest(client: PoolClient, caId: string): Promise<ResponderRow | undefined> {
  const { rows } = await client.query<{
    generation: number;
    customer_id: string;
    key_ref: string;
    certificate: Buffer;
    not_after: Date;
  }>(
    `SELECT generation, customer_id, key_ref, certificate, not_after FROM revocation.responder
      WHERE ca_id = $1 ORDER BY generation DESC LIMIT 1`,
    [caId],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { generation, customer_id: customerId, key_ref: keyRef, certificate } = row;
  return { caId, generation, customerId, keyRef, certificate, notAfter: row.not_after.getTime() };
}
