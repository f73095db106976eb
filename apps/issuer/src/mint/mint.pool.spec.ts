import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLogger } from '#libs/observability';
import { FixedClock } from '#libs/testing';
import type { SigningAuthority } from '../authority/signing-authority.js';
import type { MintPipeline } from './mint.pipeline.js';
import { MintPool, type MintPoolOptions } from './mint.pool.js';
import { jobSize, type MintJob, type MintJobResult } from './mint-job.js';

const clock = new FixedClock();
const authority = { caId: 'ca' } as SigningAuthority;

function job(size: number, deadline = clock.now() + 1): MintJob {
  const csrs = Array.from({ length: size }, () => new Uint8Array(1));
  return { kind: 'mint', authority, csrs, notBefore: 1, notAfter: 2, deadline };
}

/** Says of every job how large it was, and remembers its tasks. */
class FakePipeline {
  tasks: number[][] = [];

  async run(jobs: readonly MintJob[]): Promise<{ results: MintJobResult[]; times: { judge: 0; sign: 0 } }> {
    this.tasks.push(jobs.map(jobSize));
    const results = jobs.map(
      (each): MintJobResult => ({
        kind: 'failed',
        code: 'internal',
        message: `${jobSize(each)}`,
        reason: '',
      }),
    );
    return { results, times: { judge: 0, sign: 0 } };
  }
}

describe('the pool', () => {
  let pipeline: FakePipeline;
  let folder: string;
  const pools: MintPool[] = [];

  beforeEach(() => {
    pipeline = new FakePipeline();
    folder = mkdtempSync(join(tmpdir(), 'pool-'));
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.stop()));
    rmSync(folder, { recursive: true });
  });

  const start = async (options: Partial<MintPoolOptions> = {}): Promise<MintPool> => {
    const pool = await MintPool.start({
      workers: 0,
      kms: { backend: 'local', dir: folder },
      pipeline: pipeline as unknown as MintPipeline,
      clock,
      logger: createLogger('issuer', 'silent'),
      capacity: 100,
      inlineLimit: 2,
      ...options,
    });
    pools.push(pool);
    return pool;
  };
  /** A worker in place of the real one. */
  const worker = (body: string): URL => {
    const path = join(folder, 'worker.mjs');
    writeFileSync(path, `import { parentPort } from 'node:worker_threads';\n${body}`);
    return pathToFileURL(path);
  };

  it('mints in the order of arrival, at most 32 certificates at a time', async () => {
    const pool = await start();
    const sizes = [20, 10, 5, 30, 1, 32];
    const results = await Promise.all(sizes.map((size) => pool.run(job(size))));
    expect(results.map((result) => result.kind === 'failed' && Number(result.message))).toEqual(sizes);
    expect(pipeline.tasks).toEqual([[20, 10], [5], [30, 1], [32]]);
  });

  it('drops what waited beyond its deadline', async () => {
    const pool = await start();
    const late = expect(pool.run(job(1, clock.now()))).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await expect(pool.run(job(2))).resolves.toBeDefined();
    await late;
    expect(pipeline.tasks).toEqual([[2]]);
  });

  it('refuses more than may wait', async () => {
    const pool = await start({ capacity: 5 });
    const first = pool.run(job(5));
    expect(() => pool.run(job(1))).toThrow(expect.objectContaining({ code: 'overloaded' }));
    await first;
    await expect(pool.run(job(5))).resolves.toBeDefined();
  });

  it('does little on the main thread, and more on the others', async () => {
    const workerUrl = worker(`
      parentPort.on('message', ({ id }) => parentPort.postMessage({ kind: 'broken', id, error: new Error('in a thread') }));
      parentPort.postMessage({ kind: 'ready' });`);
    const pool = await start({ workers: 1, workerUrl });
    await expect(pool.run(job(2))).resolves.toBeDefined();
    await expect(pool.run(job(3))).rejects.toThrow('in a thread');
    expect(pool.busy).toBe(0);
  });

  it('fails the jobs of a thread that ends, and starts another', async () => {
    const workerUrl = worker(`
      parentPort.on('message', () => process.exit(1));
      parentPort.postMessage({ kind: 'ready' });`);
    const pool = await start({ workers: 1, workerUrl });
    await expect(pool.run(job(10))).rejects.toMatchObject({ code: 'service_unavailable' });
    expect(pool.size).toBe(0);
    const end = Date.now() + 3_000;
    while (pool.size === 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pool.size).toBe(1);
  });

  it('does not start without its threads', async () => {
    await expect(start({ workers: 1, workerUrl: worker("throw new Error('no key');") })).rejects.toThrow(
      'no key',
    );
  });
});
