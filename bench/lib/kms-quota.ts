import { cpuSeconds } from './cpu.js';
import { csrPool, mintBodies } from './csr-pool.js';
import { load } from './load.js';
import { type MintingProduct, mintingProduct } from './minting-product.js';
import type { Row } from './report.js';
import { type StandIn, startStandIn } from './stand-in.js';
import type { LoadResult } from './wrk.js';

/** Of the stand-in whose quota the issuer has to use up. */
const quota = { latencyMs: 10, signaturesPerSecond: 1_000 };
/** More than the quota's product of rate and latency, and few enough that waiting alone stays within five latencies. */
const inFlight = 28;
const measuredSeconds = 4;
/** Until the compiler is done with the mint path. */
const warmUpSeconds = 20;
const pool = csrPool(1_000);
const singles = mintBodies(pool, 1);
const hundreds = mintBodies(pool, 100);

function mint(
  { url, headers }: MintingProduct,
  connections: number,
  { bodies = singles, seconds = measuredSeconds }: { bodies?: readonly string[]; seconds?: number } = {},
): Promise<LoadResult> {
  return load(url, { bodies, headers, connections, seconds });
}

/**
 * One process that has the whole quota: the kernel gives connections to processes as it likes, and one that has more
 * than its share waits at its part of the quota while another leaves the rest. The stand-in is Vault's, which costs the
 * least of a machine that holds the service, PostgreSQL and the load as well (a list is one request): with the others the
 * processor is used up before the quota is.
 */
export async function atQuota(): Promise<Row[]> {
  const standIn = await startStandIn('vault', quota);
  const product = await mintingProduct({
    mode: 'standalone',
    env: {
      ...standIn.env,
      STACKRUNNER_PROCESSES: '1',
      STACKRUNNER_KMS_SIGNATURES_PER_SECOND: String(quota.signaturesPerSecond),
    },
  });
  try {
    await mint(product, inFlight, { seconds: warmUpSeconds });
    return [...(await fullRows(product, standIn)), await fairnessRow(product)];
  } finally {
    await product.product.stop();
    standIn.stop();
  }
}

async function fullRows(product: MintingProduct, standIn: StandIn): Promise<Row[]> {
  const cpu = [cpuSeconds(product.pid), cpuSeconds(standIn.pid)] as const;
  const asked = await standIn.asked();
  const full = await mint(product, inFlight);
  const micros = (now: number, before: number) => Math.round(((now - before) / full.requests) * 1e6);
  const ours = micros(cpuSeconds(product.pid), cpu[0]);
  const theirs = micros(cpuSeconds(standIn.pid), cpu[1]);
  const tries = ((await standIn.asked()) - asked) / full.requests;
  return [
    {
      path: `mints a second at a quota of ${quota.signaturesPerSecond}/s and ${quota.latencyMs} ms`,
      measured: `${Math.round(full.rate)}, ${ours} µs CPU, stand-in ${theirs} µs, ${tries.toFixed(2)} tries`,
      against: `${quota.signaturesPerSecond}/s`,
      ratio: full.rate / quota.signaturesPerSecond,
      atLeast: 0.9,
    },
    {
      path: 'its p99',
      measured: `${full.p99.toFixed(1)} ms, p50 ${full.p50.toFixed(1)} ms`,
      against: `5 × ${quota.latencyMs} ms`,
      ratio: full.p99 / (5 * quota.latencyMs),
      atMost: 1,
    },
  ];
}

async function fairnessRow(product: MintingProduct): Promise<Row> {
  const light = await product.product.unlimitedCustomer(`light-${Date.now().toString(36)}`);
  const single: MintingProduct = {
    ...product,
    url: `${product.product.origin}/1d/${light.handle}/mint`,
    headers: { ...product.headers, authorization: `Bearer ${light.bearer}` },
  };
  await mint(single, 1);
  const alone = await mint(single, 1);
  await mint(product, 4, { bodies: hundreds });
  const heavy = mint(product, 4, { bodies: hundreds });
  const beside = await mint(single, 1);
  await heavy;
  const show = ({ p99, p50 }: LoadResult) => `${p99.toFixed(1)} ms, p50 ${p50.toFixed(1)} ms`;
  return {
    path: "a light tenant's p99 beside batches of 100",
    measured: show(beside),
    against: `alone: ${show(alone)}`,
    ratio: beside.p99 / alone.p99,
    atMost: 2,
  };
}
