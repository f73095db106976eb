import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres } from '#libs/database';
import { Product, temporaryFolder } from '../test/support/product.js';
import { cpuSeconds } from './lib/cpu.js';
import { csrPool, mintBodies } from './lib/csr-pool.js';
import { load } from './lib/load.js';
import { type MintingProduct, mintingProduct } from './lib/minting-product.js';
import { type Benchmark, median, type Row } from './lib/report.js';

const few = 10_000;
const many = 10_000_000;
const chunk = 500_000;
const warmUps = 3;
const samples = 15;
const seconds = 2;

/** Fills the table up to `total` certificates that expire over the next 90 days, as a busy quarter leaves it. */
async function fill(dataDir: string, total: number): Promise<void> {
  const postgres = await EmbeddedPostgres.start({ dataDir: join(dataDir, 'postgres') });
  const client = new pg.Client({ connectionString: postgres.ownerUrl() });
  await client.connect();
  try {
    const { rows } = await client.query(
      'SELECT count(*)::int AS stored, min(customer_id::text) AS customer FROM issuer.certificate',
    );
    const [{ stored, customer }] = rows;
    for (let at = stored; at < total; at += chunk) {
      await client.query(
        `INSERT INTO issuer.certificate (serial, expires_on, customer_id, ca_id, issued_at, expires_at, fingerprint, der)
         SELECT uuid_send(gen_random_uuid()), (expiry AT TIME ZONE 'UTC')::date, $1, $1, now(), expiry,
                sha256(int8send(n)), decode(repeat(md5(n::text), 38), 'hex')
         FROM (SELECT n, now() + random() * interval '90 days' AS expiry FROM generate_series(1, $2::int) n) rows`,
        [customer, Math.min(chunk, total - at)],
      );
    }
    await client.query('VACUUM ANALYZE issuer.certificate');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
    await postgres.stop();
  }
}

/** CPU microseconds a certificate, of the product with its PostgreSQL. */
async function mintCost({ pid, url, headers }: MintingProduct, pool: readonly string[]): Promise<number> {
  const before = cpuSeconds(pid);
  const { requests } = await load(url, { bodies: mintBodies(pool, 100), headers, connections: 4, seconds });
  return ((cpuSeconds(pid) - before) / (requests * 100)) * 1e6;
}

/** The product with so many certificates stored, and how to end it. */
async function productWith(stored: number): Promise<MintingProduct & { end(): Promise<void> }> {
  const dataDir = temporaryFolder('rows');
  await (await Product.start({ dataDir })).end('SIGTERM');
  await fill(dataDir, stored);
  const minting = await mintingProduct({ dataDir });
  return {
    ...minting,
    async end() {
      await minting.product.end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Both in turn: their ratio holds when the machine's speed drifts. */
async function run(): Promise<Row[]> {
  const pool = csrPool(20_000);
  const small = await productWith(few);
  const large = await productWith(many);
  try {
    for (let i = 0; i < warmUps; i += 1) for (const each of [small, large]) await mintCost(each, pool);
    const costs: { small: number; large: number }[] = [];
    for (let i = 0; i < samples; i += 1) {
      costs.push({ small: await mintCost(small, pool), large: await mintCost(large, pool) });
    }
    const figure = (of: 'small' | 'large') => `${median(costs.map((cost) => cost[of])).toFixed(0)} µs CPU`;
    return [
      {
        path: 'mint cost with 10 M stored certificates',
        measured: figure('large'),
        against: `with 10 k ${figure('small')}`,
        ratio: median(costs.map((cost) => cost.large / cost.small)),
        atMost: 1.1,
      },
    ];
  } finally {
    await small.end();
    await large.end();
  }
}

export const storedRows: Benchmark = {
  name: 'stored-rows',
  about:
    'what a mint costs with 10 thousand and with 10 million certificates stored (minutes, 20 GB of disk)',
  run,
};
