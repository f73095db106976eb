import type { Pool } from 'pg';
import { withEveryCustomer } from '#libs/database';

/**
 * Who holds a CA. Its journal lists what is revoked of the CA's certificates, also of those that were issued to
 * others: a CRL and OCSP speak for a CA, whoever its certificates are for.
 */
export class CaOwners {
  /** Never changes, by the CA's UUID. */
  readonly #known = new Map<string, string>();

  constructor(private readonly pool: Pool) {}

  /** @returns the customers' UUIDs by the CAs'; none for a CA that no event has told of */
  async of(caIds: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const unknown = [...new Set(caIds)].filter((caId) => !this.#known.has(caId));
    if (unknown.length > 0) {
      const rows = await withEveryCustomer(this.pool, async (client) => {
        const text = 'SELECT ca_id, customer_id FROM revocation.authority WHERE ca_id = ANY($1::uuid[])';
        return (await client.query<{ ca_id: string; customer_id: string }>(text, [unknown])).rows;
      });
      for (const { ca_id, customer_id } of rows) this.#known.set(ca_id, customer_id);
    }
    return this.#known;
  }
}
