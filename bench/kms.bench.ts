import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type SoftHsm, startSoftHsm } from '#libs/testing';
import { cpuSeconds } from './lib/cpu.js';
import { csrPool, mintBodies } from './lib/csr-pool.js';
import { atQuota } from './lib/kms-quota.js';
import { load } from './lib/load.js';
import { type MintingProduct, mintingProduct } from './lib/minting-product.js';
import type { Benchmark, Row } from './lib/report.js';
import { type StandInName, standIns, startStandIn } from './lib/stand-in.js';

type Env = Readonly<Record<string, string>>;

const seconds = 2;
/** Until the compiler is done with the mint path. */
const warmUpSeconds = 6;
const pool = csrPool(1_000);
const singles = mintBodies(pool, 1);
const hundreds = mintBodies(pool, 100);

async function withProduct<T>(env: Env, use: (product: MintingProduct) => Promise<T>): Promise<T> {
  const product = await mintingProduct({ mode: 'standalone', env });
  try {
    return await use(product);
  } finally {
    await product.product.stop();
  }
}

async function rates(name: string, { url, headers, pid }: MintingProduct): Promise<Row> {
  await load(url, { bodies: singles, headers, connections: 16, seconds: warmUpSeconds });
  const measured: number[] = [];
  let micros = 0;
  for (const connections of [1, 16, 64]) {
    const before = cpuSeconds(pid);
    const { rate, requests } = await load(url, { bodies: singles, headers, connections, seconds });
    measured.push(Math.round(rate));
    micros = Math.round(((cpuSeconds(pid) - before) / requests) * 1e6);
  }
  return {
    path: `mints a second, ${name}, 1 / 16 / 64 in flight`,
    measured: `${measured.join(' / ')}, ${micros} µs CPU at 64`,
    against: '',
  };
}

async function standInRates(name: StandInName): Promise<Row> {
  const standIn = await startStandIn(name);
  try {
    return await withProduct(standIn.env, (product) => rates(`${name} (stand-in)`, product));
  } finally {
    standIn.stop();
  }
}

/** Signatures a second of the module alone. */
function p11Speed({ module, token, pin, env }: SoftHsm): number {
  const script = fileURLToPath(new URL('./lib/p11-speed.js', import.meta.url));
  const output = execFileSync(process.execPath, [script, module, token, pin, String(seconds)], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return JSON.parse(output).rate;
}

/** PKCS#11 by SoftHSM, and beside what SoftHSM does by itself. */
export async function pkcs11Rows(): Promise<Row[]> {
  const hsm = startSoftHsm();
  try {
    return await withProduct(hsm.env, async (product) => {
      const { url, headers } = product;
      const single = await rates('pkcs11 (SoftHSM)', product);
      const batches = await load(url, { bodies: hundreds, headers, connections: 4, seconds });
      const mints = batches.rate * 100;
      const module = p11Speed(hsm);
      const row: Row = {
        path: 'mints a second in batches of 100, pkcs11 (SoftHSM)',
        measured: String(Math.round(mints)),
        against: `SoftHSM alone: ${Math.round(module)}/s`,
        ratio: mints / module,
        atLeast: 0.6,
      };
      return [single, row];
    });
  } finally {
    hsm.dispose();
  }
}

/** Mints with keys in a KMS; product, stand-in and load are processes of one machine. */
export const kms: Benchmark = {
  name: 'kms',
  about: 'mints with keys in a KMS: by backend, at a quota, and beside a heavy tenant',
  run: async (): Promise<Row[]> => {
    const rows = [await withProduct({}, (product) => rates('local', product)), ...(await pkcs11Rows())];
    for (const name of standIns) rows.push(await standInRates(name));
    return [...rows, ...(await atQuota())];
  },
};
