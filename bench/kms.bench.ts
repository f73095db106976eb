import {
  type KmsDouble,
  type KmsQuotas,
  startAwsDouble,
  startAzureDouble,
  startGoogleDouble,
  startSoftHsm,
  startVaultDouble,
} from '#libs/testing';
import { csrPool, mintBodies } from './lib/csr-pool.js';
import { load } from './lib/load.js';
import { type MintingProduct, mintingProduct } from './lib/minting-product.js';
import type { Benchmark, Row } from './lib/report.js';
import type { LoadResult } from './lib/wrk.js';

type Env = Readonly<Record<string, string>>;

const seconds = 2;
const pool = csrPool(1_000);
const singles = mintBodies(pool, 1);
const hundreds = mintBodies(pool, 100);
/** Of the stand-in whose quota the issuer has to use up. */
const quota = { latencyMs: 10, signaturesPerSecond: 1_000 } as const satisfies KmsQuotas;
/** More than the quota's product of rate and latency, and few enough that waiting alone stays within five latencies. */
const inFlight = 32;

/** One process, so that one queue has the whole quota. */
async function withProduct<T>(env: Env, use: (product: MintingProduct) => Promise<T>): Promise<T> {
  const product = await mintingProduct({ mode: 'standalone', env: { ...env, STACKRUNNER_PROCESSES: '1' } });
  try {
    return await use(product);
  } finally {
    await product.product.stop();
  }
}

function mint(
  { url, headers }: MintingProduct,
  connections: number,
  bodies: readonly string[] = singles,
): Promise<LoadResult> {
  return load(url, { bodies, headers, connections, seconds });
}

async function ratesOf(name: string, env: Env): Promise<Row> {
  return withProduct(env, async (product) => {
    const rates: number[] = [];
    for (const connections of [1, 16, 64]) rates.push(Math.round((await mint(product, connections)).rate));
    return {
      path: `mints a second, ${name}, 1 / 16 / 64 in flight`,
      measured: rates.join(' / '),
      against: '',
    };
  });
}

async function withDouble<T>(starting: Promise<KmsDouble>, use: (env: Env) => Promise<T>): Promise<T> {
  const double = await starting;
  try {
    return await use(double.env);
  } finally {
    await double.close();
  }
}

async function atQuota(env: Env): Promise<Row[]> {
  const paced = { ...env, STACKRUNNER_KMS_SIGNATURES_PER_SECOND: String(quota.signaturesPerSecond) };
  return withProduct(paced, async (product) => {
    await mint(product, inFlight);
    const full = await mint(product, inFlight);
    const light = await product.product.unlimitedCustomer(`light-${Date.now().toString(36)}`);
    const single: MintingProduct = {
      ...product,
      url: `${product.product.origin}/1d/${light.handle}/mint`,
      headers: { ...product.headers, authorization: `Bearer ${light.bearer}` },
    };
    await mint(single, 1);
    const alone = await mint(single, 1);
    const heavy = mint(product, 4, hundreds);
    const beside = await mint(single, 1);
    await heavy;
    return [
      {
        path: `issuer at a quota of ${quota.signaturesPerSecond}/s and ${quota.latencyMs} ms, mints a second`,
        measured: String(Math.round(full.rate)),
        against: `${quota.signaturesPerSecond}/s`,
        ratio: full.rate / quota.signaturesPerSecond,
        atLeast: 0.9,
      },
      {
        path: 'its p99',
        measured: `${full.p99.toFixed(1)} ms`,
        against: `5 × ${quota.latencyMs} ms`,
        ratio: full.p99 / (5 * quota.latencyMs),
        atMost: 1,
      },
      {
        path: "a light tenant's p99 beside batches of 100",
        measured: `${beside.p99.toFixed(1)} ms`,
        against: `alone: ${alone.p99.toFixed(1)} ms`,
        ratio: beside.p99 / alone.p99,
        atMost: 2,
      },
    ];
  });
}

/** Mints with keys in a KMS; the stand-ins run in this process and share the machine with the product. */
export const kms: Benchmark = {
  name: 'kms',
  about: 'mints with keys in a KMS: by backend, at a quota, and beside a heavy tenant',
  run: async (): Promise<Row[]> => {
    const rows: Row[] = [await ratesOf('local', {})];
    const hsm = startSoftHsm();
    rows.push(await ratesOf('pkcs11 (SoftHSM)', hsm.env));
    hsm.dispose();
    const doubles = {
      aws: startAwsDouble,
      google: startGoogleDouble,
      azure: startAzureDouble,
      vault: startVaultDouble,
    };
    for (const [name, start] of Object.entries(doubles)) {
      rows.push(await withDouble(start(), (env) => ratesOf(`${name} (stand-in)`, env)));
    }
    rows.push(...(await withDouble(startVaultDouble({ quotas: quota }), atQuota)));
    return rows;
  },
};
