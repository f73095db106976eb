import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Product, temporaryFolder } from '../test/support/product.js';
import { memoryMb } from './lib/cpu.js';
import { csrPool, mintBodies } from './lib/csr-pool.js';
import { load } from './lib/load.js';
import { mintingProduct } from './lib/minting-product.js';
import type { Benchmark, Row } from './lib/report.js';

async function start(dataDir: string): Promise<number> {
  const started = performance.now();
  const product = await Product.start({ dataDir });
  const milliseconds = performance.now() - started;
  await product.stop();
  return milliseconds;
}

async function memory(): Promise<{ rest: number; busy: number }> {
  const ours = await mintingProduct({});
  try {
    await sleep(2_000);
    const rest = memoryMb(ours.pid);
    const bodies = mintBodies(csrPool(2_000), 1);
    const running = load(ours.url, { bodies, headers: ours.headers, connections: 64, seconds: 8 });
    await sleep(6_000);
    const busy = memoryMb(ours.pid);
    await running;
    return { rest, busy };
  } finally {
    await ours.product.stop();
  }
}

export const footprint: Benchmark = {
  name: 'footprint',
  about: 'cold start, start with data, memory at rest and under load, of standalone with its PostgreSQL',
  run: async (): Promise<Row[]> => {
    const dataDir = temporaryFolder('footprint');
    const cold = await start(dataDir);
    const warm = await start(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
    const { rest, busy } = await memory();
    return [
      { path: 'first start, demo included', measured: `${Math.round(cold)} ms`, against: '' },
      {
        path: 'second start, demo included',
        measured: `${Math.round(warm)} ms`,
        against: '3000 ms',
        ratio: warm / 3_000,
        atMost: 1,
      },
      { path: 'memory at rest, with PostgreSQL', measured: `${Math.round(rest)} MB`, against: '' },
      { path: 'memory at 64 connections', measured: `${Math.round(busy)} MB`, against: '' },
    ];
  },
};
