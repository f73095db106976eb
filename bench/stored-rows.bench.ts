import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres } from '#libs/database';
import { Product, temporaryFolder } from '../test/support/product.js';
import { cpuSeconds } from './lib/cpu.js';
import { csrPool, mintBodies } from './lib/csr-pool.js';
import { load } from './lib/load.js';
import { type Benchmark, median, type Row } from './lib/report.js';

const few = 10_000;
const many = 10_000_000;
const chunk = 500_000;
const samples = 5;
const seconds = 4;

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

/** Median CPU microseconds a certificate, of the product with its PostgreSQL. */
async function mintCost(dataDir: string, pool: readonly string[]): Promise<number> {
  const product = await Product.start({ dataDir });
  try {
    const handle = `bench-${Date.now().toString(36)}`;
    const customer = await product.customer(handle);
    await product.cli([
      'customer',
      'set-limits',
      handle,
      '--per-minute',
      'unlimited',
      '--per-month',
      'unlimited',
    ]);
    const headers = { authorization: `Bearer ${customer.bearer}`, 'content-type': 'application/json' };
    const plan = { bodies: mintBodies(pool, 100), headers, connections: 4, seconds };
    const url = `${product.origin}/30d/${handle}/mint`;
    const costs: number[] = [];
    for (let i = 0; i <= samples; i += 1) {
      const before = cpuSeconds(product.child.pid ?? 0);
      const { requests } = await load(url, plan);
      // The first one warms up.
      if (i > 0) costs.push(((cpuSeconds(product.child.pid ?? 0) - before) / (requests * 100)) * 1e6);
    }
    return median(costs);
  } finally {
    await product.end('SIGTERM');
  }
}

async function run(): Promise<Row[]> {
  const pool = csrPool(20_000);
  const dataDir = temporaryFolder('rows');
  try {
    await (await Product.start({ dataDir })).end('SIGTERM');
    await fill(dataDir, few);
    const before = await mintCost(dataDir, pool);
    await fill(dataDir, many);
    const after = await mintCost(dataDir, pool);
    return [
      {
        path: 'mint cost with 10 M stored certificates',
        measured: `${after.toFixed(0)} µs CPU`,
        against: `with 10 k ${before.toFixed(0)} µs CPU`,
        ratio: after / before,
        atMost: 1.1,
      },
    ];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

export const storedRows: Benchmark = {
  name: 'stored-rows',
  about:
    'what a mint costs with 10 thousand and with 10 million certificates stored (minutes, 20 GB of disk)',
  run,
};
