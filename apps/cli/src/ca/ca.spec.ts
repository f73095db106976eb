import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminDouble, refuse } from '../testing/admin-double.js';
import { runCli } from '../testing/run-cli.js';

const base = '/v1/admin/customers/acme';
const plan = {
  under_way: false,
  generation: 1,
  next_generation: 2,
  due_at: '2027-04-19T00:02:05Z',
  key_name: 'dev-acme-intermediate-g2',
  steps: ['intermediate_key', 'activate'],
  retired_at: '2026-08-24T00:02:05Z',
};
const certificate = '-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n';
const csr = '-----BEGIN CERTIFICATE REQUEST-----\nAQID\n-----END CERTIFICATE REQUEST-----\n';
let server: AdminDouble;
let folder: string;
const cli = (...argv: string[]) => runCli(argv, { url: server.url });

beforeAll(async () => {
  server = await AdminDouble.start();
  folder = mkdtempSync(join(tmpdir(), 'ca-'));
});
beforeEach(() => server.reset());
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('ca rotate', () => {
  it('tells what is done, and passes its flags on', async () => {
    server.on(`POST ${base}/ca/rotate`, { status: 200, body: plan });
    const { code, stdout } = await cli('ca', 'rotate', 'acme', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('not started');
    expect(stdout).toContain('dev-acme-intermediate-g2');
    expect(JSON.parse((await cli('ca', 'rotate', 'acme', '--now', '--json')).stdout)).toEqual(plan);
    expect(server.received.map(({ body }) => body)).toEqual([
      { now: false, dry_run: true },
      { now: true, dry_run: false },
    ]);
  });

  it('exits 1 with what the server says', async () => {
    server.on(`POST ${base}/ca/rotate`, refuse(409, 'ceremony_under_way', 'Another ceremony is under way.'));
    const { code, stderr } = await cli('ca', 'rotate', 'acme');
    expect([code, stderr]).toEqual([1, expect.stringContaining('ceremony_under_way')]);
  });
});

describe('ca csr', () => {
  const pending = { status: 'pending', generation: 2, csr_pem: null, key_ref: null };
  const ready = { status: 'ready', generation: 2, csr_pem: csr, key_ref: 'local:k' };

  it('waits for the request, and writes it', async () => {
    server.on(
      `POST ${base}/ca/csr`,
      { status: 200, body: pending },
      { status: 200, body: pending },
      { status: 200, body: ready },
    );
    const out = join(folder, 'acme.csr');
    expect(await cli('ca', 'csr', 'acme', '--out', out)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(out, 'utf8')).toBe(csr);
    expect(server.received).toHaveLength(3);
    expect((await cli('ca', 'csr', 'acme')).stdout).toBe(csr);
  });

  it('gives up on a request that never comes', async () => {
    server.on(`POST ${base}/ca/csr`, { status: 200, body: pending });
    const { code, stderr } = await cli('ca', 'csr', 'acme');
    expect([code, stderr]).toEqual([1, expect.stringContaining('customer show acme')]);
  });
});

describe('ca import', () => {
  it('sends the certificates of a file, and no key that stands beside them', async () => {
    server.on(`POST ${base}/ca/import`, { status: 200, body: { generation: 2 } });
    const file = join(folder, 'chain.pem');
    const key = '-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n';
    writeFileSync(file, certificate + key + certificate);
    const { code, stdout } = await cli('ca', 'import', 'acme', '--cert', file, '--key-ref', 'vault:own');
    expect([code, stdout]).toEqual([0, expect.stringContaining('generation 2')]);
    expect(server.received.map(({ body }) => body)).toEqual([
      { certificates_pem: certificate.repeat(2), key_ref: 'vault:own' },
    ]);
  });

  it('refuses a file without certificates, and one that is not there', async () => {
    const file = join(folder, 'empty.pem');
    writeFileSync(file, 'nothing');
    for (const path of [file, join(folder, 'missing.pem')]) {
      expect((await cli('ca', 'import', 'acme', '--cert', path)).code).toBe(2);
    }
    expect(server.received).toEqual([]);
  });
});
