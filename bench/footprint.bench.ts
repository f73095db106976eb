import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimFreePort } from '../test/support/free-port.js';
import { temporaryFolder } from '../test/support/product.js';
import { memoryMb } from './lib/cpu.js';
import { csrPool, mintBodies } from './lib/csr-pool.js';
import { load } from './lib/load.js';
import { mintingProduct } from './lib/minting-product.js';
import type { Benchmark, Row } from './lib/report.js';

/** Milliseconds of `npm start` until /ready answers 200, and until the demo is done. */
async function start(dataDir: string): Promise<{ ready: number; demo: number }> {
  const port = await claimFreePort();
  const started = performance.now();
  const child = spawn('npm', ['start'], {
    env: { ...process.env, STACKRUNNER_DATA_DIR: dataDir, STACKRUNNER_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const demo = new Promise<number>((resolve, reject) => {
    lines.on('line', (line) => line.startsWith('Serving at ') && resolve(performance.now() - started));
    ended.then(() => reject(new Error('npm start ended before it served')), reject);
  });
  try {
    const ready = await answers(`http://127.0.0.1:${port}/ready`, AbortSignal.timeout(120_000));
    return { ready: ready - started, demo: await demo };
  } finally {
    // npm does not pass a signal on to what it started: the whole group gets it.
    if (child.pid) process.kill(-child.pid, 'SIGINT');
    await ended;
  }
}

/** When a URL first answered 200, by performance.now(). */
async function answers(url: string, signal: AbortSignal): Promise<number> {
  for (;;) {
    const response = await fetch(url, { signal }).catch(() => undefined);
    if (response?.ok) return performance.now();
    await sleep(10, undefined, { signal });
  }
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
      { path: 'first npm start, until it serves', measured: `${Math.round(cold.ready)} ms`, against: '' },
      { path: 'the same, until its demo is done', measured: `${Math.round(cold.demo)} ms`, against: '' },
      {
        path: 'second npm start, until it serves',
        measured: `${Math.round(warm.ready)} ms`,
        against: '3000 ms',
        ratio: warm.ready / 3_000,
        atMost: 1,
      },
      { path: 'the same, until its demo is done', measured: `${Math.round(warm.demo)} ms`, against: '' },
      { path: 'memory at rest, with PostgreSQL', measured: `${Math.round(rest)} MB`, against: '' },
      { path: 'memory at 64 connections', measured: `${Math.round(busy)} MB`, against: '' },
    ];
  },
};
