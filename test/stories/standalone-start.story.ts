import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Product, temporaryFolder } from '../support/product.js';

function start(env: Record<string, string>, ...args: string[]) {
  return spawnSync(process.execPath, ['scripts/start.mjs', ...args], {
    encoding: 'utf8',
    timeout: 90_000,
    env: {
      ...process.env,
      STACKRUNNER_PORT: '0',
      STACKRUNNER_METRICS_PORT: '0',
      STACKRUNNER_LOG_LEVEL: 'error',
      ...env,
    },
  });
}

describe('starting standalone', () => {
  const folders: string[] = [];
  const folder = () => {
    const made = temporaryFolder('start');
    folders.push(made);
    return made;
  };
  afterAll(() => {
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });

  it('exits 0 after the demo with --once, again and again on the same data', () => {
    const STACKRUNNER_DATA_DIR = folder();
    const first = start({ STACKRUNNER_DATA_DIR }, '--once');
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/customer demo +created/);
    const second = start({ STACKRUNNER_DATA_DIR }, '--once');
    expect(second).toMatchObject({ status: 0, stderr: '' });
    expect(second.stdout).toMatch(/customer demo +there already/);
    expect(second.stdout).toMatch(/batch demo-#2/);
  }, 120_000);

  it('stops cleanly on SIGINT and SIGTERM, and keeps what was minted', async () => {
    const dataDir = folder();
    const product = await Product.start({ dataDir });
    const serial = /serial ([0-9a-f]+)/.exec(product.printed)?.[1];
    expect(await product.end('SIGINT')).toBe(0);
    const again = await Product.start({ dataDir });
    expect((await again.request(`/pki/demo/cert/${serial}`)).json()).toMatchObject({ status: 'active' });
    expect(await again.end('SIGTERM')).toBe(0);
  }, 120_000);

  it('says in one line that the port is in use', async () => {
    const blocker = createServer();
    const port = await new Promise<number>((resolve) => {
      blocker.listen(0, '127.0.0.1', () => resolve((blocker.address() as { port: number }).port));
    });
    const dataDir = join(folder(), 'never-made');
    const result = start({ STACKRUNNER_DATA_DIR: dataDir, STACKRUNNER_PORT: String(port) });
    blocker.close();
    expect(result.status).toBe(1);
    expect(result.stderr.trim().split('\n')).toEqual([
      expect.stringContaining(`Port ${port} on 127.0.0.1 is in use`),
    ]);
    expect(existsSync(dataDir)).toBe(false);
  }, 60_000);

  it('says in one line that the folder cannot be written', () => {
    const parent = folder();
    const file = join(parent, 'file');
    writeFileSync(file, '');
    const result = start({ STACKRUNNER_DATA_DIR: join(file, 'data') });
    expect(result.status).toBe(1);
    expect(result.stderr.trim().split('\n')).toEqual([expect.stringContaining('cannot be written')]);
    if (process.getuid?.() !== 0) {
      const closed = join(parent, 'closed');
      mkdirSync(closed);
      chmodSync(closed, 0o500);
      expect(start({ STACKRUNNER_DATA_DIR: closed })).toMatchObject({ status: 1 });
    }
  }, 60_000);

  it('says in one line that another process holds the database, which goes on', async () => {
    const dataDir = folder();
    const product = await Product.start({ dataDir });
    const result = start({ STACKRUNNER_DATA_DIR: dataDir });
    expect(result.status).toBe(1);
    expect(result.stderr.trim().split('\n')).toEqual([expect.stringContaining('held by another process')]);
    expect((await product.request('/ready')).status).toBe(200);
    await product.end('SIGTERM');
  }, 120_000);

  it('names a bad option and its rule in one line', () => {
    const result = start({ STACKRUNNER_DATA_DIR: join(folder(), 'x'), STACKRUNNER_PORT: 'eighty' });
    expect(result.status).toBe(1);
    expect(result.stderr.trim().split('\n')).toEqual([expect.stringContaining('STACKRUNNER_PORT')]);
  }, 60_000);
});
