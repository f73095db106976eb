import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres } from '#libs/database';
import { Product, temporaryFolder } from '../../test/support/product.js';
import { type MintingProduct, mintingFor } from '../lib/minting-product.js';

const chunk = 250_000;

export interface Stock {
  readonly issued: number;
  /** Of those; they are in the CRL. */
  readonly revoked: number;
}

export interface StockedProduct extends MintingProduct {
  /** Octets in PostgreSQL for each certificate that was issued, with its index. */
  readonly octetsEach: number;
  end(): Promise<void>;
}

/** As many as there may be: what a revocation costs is the length of its part. */
const shards = '1024';

/** The product with one customer of many shards and so many certificates, as its tables have them. */
export async function stockedProduct(stock: Stock): Promise<StockedProduct> {
  const dataDir = temporaryFolder('scale');
  const first = await Product.start({ dataDir });
  const customer = await first.unlimitedCustomer('bench', '--crl-shards', shards);
  await first.end('SIGTERM');
  const octetsEach = await fill(dataDir, stock);
  const product = await Product.start({ dataDir });
  return {
    ...mintingFor(product, customer),
    octetsEach,
    async end() {
      await product.end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function fill(dataDir: string, { issued, revoked }: Stock): Promise<number> {
  const postgres = await EmbeddedPostgres.start({ dataDir: join(dataDir, 'postgres') });
  const client = new pg.Client({ connectionString: postgres.ownerUrl() });
  await client.connect();
  const size = async (): Promise<number> => {
    const { rows } = await client.query(
      `SELECT sum(pg_total_relation_size(inhrelid))::float8 AS size FROM pg_inherits
        WHERE inhparent = 'revocation.issued_serial'::regclass`,
    );
    return rows[0].size;
  };
  try {
    const before = await size();
    for (let at = 0; at < issued; at += chunk) {
      const count = Math.min(chunk, issued - at);
      await client.query(
        `INSERT INTO revocation.issued_serial (serial, customer_id, ca_id, issued_at, expires_at, expires_on)
         SELECT uuid_send(gen_random_uuid()), customer_id, ca_id, now(), expiry, (expiry AT TIME ZONE 'UTC')::date
         FROM (SELECT now() + (1 + 88 * random()) * interval '1 day' AS expiry FROM generate_series(1, $1::int)) n,
           (SELECT customer_id, ca_id FROM revocation.authority WHERE handle = 'bench' AND kind = 'intermediate') a`,
        [count],
      );
    }
    const octetsEach = ((await size()) - before) / issued;
    // In the CRL as every other; the journal of a year would have them too, and nobody reads it again.
    await client.query(
      `INSERT INTO revocation.revoked (ca_id, serial, customer_id, revoked_at, reason, expires_at, sequence)
       SELECT ca_id, serial, customer_id, issued_at, 4, expires_at, 0 FROM revocation.issued_serial LIMIT $1`,
      [revoked],
    );
    await client.query('VACUUM ANALYZE revocation.issued_serial');
    await client.query('VACUUM ANALYZE revocation.revoked');
    await client.query('CHECKPOINT');
    return octetsEach;
  } finally {
    await client.end();
    await postgres.stop();
  }
}
