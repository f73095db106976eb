import { type Peer, startCfssl } from './lib/cfssl.js';
import { cpuSeconds } from './lib/cpu.js';
import { csrPool, mintBodies } from './lib/csr-pool.js';
import { type LoadPlan, load } from './lib/load.js';
import { type MintingProduct, mintingProduct } from './lib/minting-product.js';
import { type Benchmark, median, type Row } from './lib/report.js';

const rounds = 10;
const seconds = 2;
/** The compiler needs some ten thousand requests; the peer was compiled before. */
const warmUpSeconds = 15;
const batchSize = 100;
const poolSize = 20_000;

interface Sample {
  /** Certificates a second. */
  readonly rate: number;
  readonly p99: number;
  /** Server CPU microseconds a certificate, with PostgreSQL and NATS. */
  readonly cpu: number;
}

async function sample(pid: number, target: { url: string; plan: LoadPlan; each: number }): Promise<Sample> {
  const before = cpuSeconds(pid);
  const { rate, p99, requests } = await load(target.url, target.plan);
  return {
    rate: rate * target.each,
    p99,
    cpu: ((cpuSeconds(pid) - before) / (requests * target.each)) * 1e6,
  };
}

/** Both in turn, several times: their ratio holds when the machine's speed drifts. */
async function compare(pool: readonly string[], peer: Peer, ours: MintingProduct) {
  const json = { 'content-type': 'application/json' };
  const plans = {
    peer: { bodies: pool.map((pem) => peer.body(pem)), headers: json, connections: 64, seconds },
    single: { bodies: mintBodies(pool, 1), headers: ours.headers, connections: 64, seconds },
    batch: { bodies: mintBodies(pool, batchSize), headers: ours.headers, connections: 8, seconds },
  };
  const samples: { peer: Sample[]; single: Sample[]; batch: Sample[] } = { peer: [], single: [], batch: [] };
  const single = { url: ours.url, plan: plans.single, each: 1 };
  const batch = { url: ours.url, plan: plans.batch, each: batchSize };
  await load(ours.url, { ...plans.single, seconds: warmUpSeconds });
  for (let round = 0; round < rounds; round += 1) {
    samples.peer.push(await sample(peer.pid, { url: peer.url, plan: plans.peer, each: 1 }));
    samples.single.push(await sample(ours.pid, single));
    samples.batch.push(await sample(ours.pid, batch));
  }
  return samples;
}

function rows(
  mode: string,
  samples: Awaited<ReturnType<typeof compare>>,
  targets: { single: number; batch: number },
): Row[] {
  const ratio = (kind: 'single' | 'batch', of: (sample: Sample) => number) =>
    median(samples[kind].map((ours, i) => of(ours) / of(samples.peer[i] ?? ours)));
  const figure = (kind: keyof typeof samples, of: (sample: Sample) => number) =>
    Math.round(median(samples[kind].map(of)));
  const line = (kind: keyof typeof samples) =>
    `${figure(kind, (s) => s.rate)}/s, ${figure(kind, (s) => s.cpu)} µs CPU, p99 ${figure(kind, (s) => s.p99)} ms`;
  const against = `cfssl ${line('peer')}`;
  const p99: Row[] =
    mode === 'standalone'
      ? [
          {
            path: 'single CSR, 64 connections, standalone: p99',
            measured: `${figure('single', (s) => s.p99)} ms`,
            against: `cfssl ${figure('peer', (s) => s.p99)} ms`,
            ratio: ratio('single', (s) => s.p99),
            atMost: 0.5,
          },
        ]
      : [];
  return [
    {
      path: `100-CSR batches, ${mode}, durable`,
      measured: line('batch'),
      against,
      ratio: ratio('batch', (s) => s.rate),
      atLeast: targets.batch,
    },
    {
      path: `single CSR, 64 connections, ${mode}, durable`,
      measured: line('single'),
      against,
      ratio: ratio('single', (s) => s.rate),
      atLeast: targets.single,
    },
    ...p99,
  ];
}

async function measure(
  mode: 'standalone' | 'services',
  targets: { single: number; batch: number },
): Promise<Row[]> {
  const pool = csrPool(poolSize);
  const peer = await startCfssl();
  try {
    const ours = await mintingProduct({ mode });
    try {
      return rows(mode, await compare(pool, peer, ours), targets);
    } finally {
      await ours.product.stop();
    }
  } finally {
    await peer.stop();
  }
}

export const mintStandalone: Benchmark = {
  name: 'mint-standalone',
  about: 'minting over HTTP, one process, against cfssl, which stores nothing',
  run: () => measure('standalone', { single: 1.0, batch: 1.5 }),
};

export const mintServices: Benchmark = {
  name: 'mint-services',
  about: 'minting over HTTP through gateway, NATS and issuer, against cfssl',
  run: () => measure('services', { single: 0.8, batch: 1.25 }),
};
