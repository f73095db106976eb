import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCsr, pemEncode } from '#libs/x509';
import { type Answer, type Customer, Product, type Refusal } from '../support/product.js';

const csr = pemEncode(
  'CERTIFICATE REQUEST',
  createCsr({ commonName: 'a', dnsNames: ['a.storage.internal'] }).csrDer,
);

function mint(product: Product, customer: Customer): Promise<Answer> {
  return product.request(`/1h/${customer.handle}/mint`, {
    bearer: customer.bearer,
    body: { version: 'v1', csr_pems: [csr] },
  });
}

/** Mints until it works again; gives how many certificates that took: one. */
async function untilMinted(product: Product, customer: Customer, withinMs: number): Promise<void> {
  for (const giveUpAt = Date.now() + withinMs; ; await sleep(200)) {
    const answer = await mint(product, customer);
    if (answer.status === 200) return;
    expect(answer.status).toBe(503);
    if (Date.now() > giveUpAt) throw new Error(`still ${answer.text} after ${withinMs} ms`);
  }
}

/** PostgreSQL's processes of a data folder: the server and its children. */
function databaseProcesses(dataDir: string): number[] {
  const folder = join(dataDir, 'postgres');
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('postmaster.pid'),
  );
  const server = readFileSync(join(folder, file ?? ''), 'utf8').split('\n')[0] ?? '';
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', server], { encoding: 'utf8' });
  return [server, ...children.split('\n')].map((text) => Number(text.trim())).filter((pid) => pid > 0);
}

describe('a database in trouble', () => {
  it('that stands still is answered with 503 and a code, and minting goes on afterwards', async () => {
    const product = await Product.start({ env: { STACKRUNNER_LOG_LEVEL: 'fatal' } });
    try {
      const customer = await product.unlimitedCustomer('slow');
      expect((await mint(product, customer)).status).toBe(200);
      const processes = databaseProcesses(product.dataDir);
      for (const pid of processes) process.kill(pid, 'SIGSTOP');
      const started = Date.now();
      const refused = await mint(product, customer).finally(() => {
        for (const pid of processes) process.kill(pid, 'SIGCONT');
      });
      expect(refused.status).toBe(503);
      expect(['storage_unavailable', 'deadline_exceeded']).toContain(refused.json<Refusal>().error.code);
      expect(Date.now() - started).toBeLessThan(20_000);
      await untilMinted(product, customer, 30_000);
    } finally {
      await product.stop();
    }
  }, 120_000);

  const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
  (mayMount || process.env.CI ? it : it.skip)(
    'whose disk is full is answered with 503 and a code, and minting goes on once there is room',
    async () => {
      const disk = mkdtempSync(join(tmpdir(), 'stackrunner-disk-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m,mode=755', 'tmpfs', disk]);
      const dataDir = join(disk, 'data');
      let product: Product | undefined;
      try {
        product = await Product.start({ dataDir, env: { STACKRUNNER_LOG_LEVEL: 'fatal' } });
        const customer = await product.unlimitedCustomer('full');
        expect((await mint(product, customer)).status).toBe(200);
        const { bavail, bsize } = statfsSync(disk);
        const ballast = join(disk, 'ballast');
        writeFileSync(ballast, Buffer.alloc(bavail * bsize));
        chmodSync(ballast, 0o600);
        const codes = new Set<string>();
        // The log goes on in the room that it has; then every mint needs more.
        for (let tries = 0; tries < 5_000 && codes.size === 0; tries += 20) {
          const answers = await Promise.all(
            Array.from({ length: 20 }, () => mint(product as Product, customer)),
          );
          for (const answer of answers.filter(({ status }) => status !== 200)) {
            expect(answer.status).toBe(503);
            codes.add(answer.json<Refusal>().error.code);
          }
        }
        expect([...codes]).not.toEqual([]);
        for (const code of codes) expect(['storage_unavailable', 'deadline_exceeded']).toContain(code);
        rmSync(ballast);
        await untilMinted(product, customer, 60_000);
      } finally {
        await product?.end('SIGTERM');
        spawnSync('umount', [disk]);
        rmdirSync(disk);
      }
    },
    180_000,
  );
});
