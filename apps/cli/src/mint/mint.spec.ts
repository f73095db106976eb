import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminDouble, refuse } from '../testing/admin-double.js';
import { runCli } from '../testing/run-cli.js';

const BEARER = 'm'.repeat(43);
const ROUTE = 'POST /acme/mint';
const pem = (text: string) =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;

let server: AdminDouble;
let folder: string;

beforeAll(async () => {
  server = await AdminDouble.start();
});
beforeEach(async () => {
  server.reset();
  folder = await mkdtemp(join(tmpdir(), 'cli-mint-'));
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(() => server.stop());

const answer = (count: number, fields = {}) => ({
  version: 'v1',
  certs: Array.from({ length: count }, (_, index) => ({
    cert_pem: `cert ${index}\n`,
    serial: `0${index}`,
    fingerprint: 'ff',
    issued_at: '2026-05-19T00:02:03Z',
    expires_at: '2026-05-26T00:03:03Z',
  })),
  chain: 'chain\n',
  ...fields,
});

const mint = (argv: string[], overrides = {}) =>
  runCli(['mint', 'acme', ...argv], { url: server.url, bearer: BEARER }, overrides);

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('mint', () => {
  it('sends the requests in order, with the bearer and a key of its own', async () => {
    server.on(ROUTE, { status: 200, body: answer(2, { batch_id: 'acme-#1' }) });
    const files = [await file('b.csr', pem('b')), await file('a.csr', pem('a'))];
    const { code, stdout, stderr } = await mint(['--csr', ...files, '--ttl', '7d']);
    expect(code).toBe(0);
    expect(stdout).toBe('cert 0\ncert 1\n');
    expect(stderr).toMatch(
      /REQUEST +SERIAL {2}EXPIRES\n.*b\.csr {2}00 .*\n.*a\.csr {2}01 .*\nbatch acme-#1\n/,
    );
    expect(server.received).toEqual([
      expect.objectContaining({
        headers: expect.objectContaining({
          authorization: `Bearer ${BEARER}`,
          'idempotency-key': 'key-of-this-run',
        }),
        body: { version: 'v1', csr_pems: [pem('b'), pem('a')], ttl: '7d' },
      }),
    ]);
  });

  it('prints the answer of the server unchanged with --json', async () => {
    const text =
      '{ "version":"v1",  "certs":[{"cert_pem":"c","serial":"01","expires_at":"x"}], "chain":"y", "z": 1e2 }';
    server.on(ROUTE, { status: 200, body: text });
    const { stdout, stderr } = await mint(['--csr', await file('a.csr', pem('a')), '--ttl', '7d', '--json']);
    expect(stdout).toBe(`${text}\n`);
    expect(stderr).toBe('');
  });

  it('reads a request from standard input', async () => {
    server.on(ROUTE, { status: 200, body: answer(1) });
    const stdin = (async function* () {
      yield Buffer.from(pem('in'));
    })();
    const { code } = await mint(['--csr', '-', '--ttl', '1h', '--idempotency-key', 'mine'], { stdin });
    expect(code).toBe(0);
    expect(server.received[0]).toMatchObject({
      headers: { 'idempotency-key': 'mine' },
      body: { csr_pems: [pem('in')] },
    });
  });

  it('takes DER as well', async () => {
    server.on(ROUTE, { status: 200, body: answer(1) });
    const der = Buffer.concat([Buffer.from([0x30, 0x82, 0x01, 0x00]), Buffer.alloc(256, 7)]);
    await mint(['--csr', await file('a.der', der), '--ttl', '7d']);
    const { body } = server.received[0] ?? {};
    const [sent = ''] = (body as { csr_pems: string[] }).csr_pems;
    const lines = sent.trim().split('\n');
    expect(lines[0]).toBe('-----BEGIN CERTIFICATE REQUEST-----');
    expect(Buffer.from(lines.slice(1, -1).join(''), 'base64')).toEqual(der);
  });

  it('never sends a private key', async () => {
    server.on(ROUTE, { status: 200, body: answer(1) });
    const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
    await mint(['--csr', await file('both.pem', key + pem('a')), '--ttl', '7d']);
    expect(server.received[0]?.body).toMatchObject({ csr_pems: [pem('a')] });

    const { code, stderr } = await mint(['--csr', await file('only.key', key), '--ttl', '7d']);
    expect(code).toBe(2);
    expect(stderr).toContain('holds a private key');
    expect(server.received).toHaveLength(1);
  });

  it('reads the bearer from a file', async () => {
    server.on(ROUTE, { status: 200, body: answer(1) });
    const argv = ['--csr', await file('a.csr', pem('a')), '--ttl', '7d'];
    await mint([...argv, '--bearer-file', await file('bearer', 'from-the-file\n')]);
    expect(server.received[0]?.headers.authorization).toBe('Bearer from-the-file');
  });

  it('says how to give a bearer when there is none', async () => {
    const argv = ['mint', 'acme', '--csr', await file('a.csr', pem('a')), '--ttl', '7d'];
    const { code, stderr } = await runCli(argv, { url: server.url });
    expect(code).toBe(2);
    expect(stderr).toContain('STACKRUNNER_BEARER');
    expect(stderr).toContain('--bearer-file');
  });
});

describe('mint --out', () => {
  it('writes a certificate for every request, and the chain', async () => {
    server.on(ROUTE, { status: 200, body: answer(2, { batch_id: 'acme-#7' }) });
    const files = [await file('one.csr', pem('1')), await file('two.req', pem('2'))];
    const out = join(folder, 'made', 'here');
    const { code, stdout, stderr } = await mint(['--csr', ...files, '--ttl', '7d', '--out', out]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect((await readdir(out)).sort()).toEqual(['chain.pem', 'one.crt', 'two.crt']);
    expect(await readFile(join(out, 'two.crt'), 'utf8')).toBe('cert 1\n');
    expect(await readFile(join(out, 'chain.pem'), 'utf8')).toBe('chain\n');
    expect(stdout).toContain(join(out, 'one.crt'));
    expect(stdout).toContain('batch acme-#7');
  });

  it('mints nothing when it would overwrite, unless forced', async () => {
    server.on(ROUTE, { status: 200, body: answer(1) });
    const argv = ['--csr', await file('a.csr', pem('a')), '--ttl', '7d', '--out', folder];
    await file('chain.pem', 'precious');
    const refused = await mint(argv);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--force');
    expect(server.received).toHaveLength(0);

    expect((await mint([...argv, '--force'])).code).toBe(0);
    expect(await readFile(join(folder, 'chain.pem'), 'utf8')).toBe('chain\n');
  });

  it('refuses two requests that would become one file', async () => {
    const files = [await file('a.csr', pem('1')), await file('a.req', pem('2'))];
    const { code, stderr } = await mint(['--csr', ...files, '--ttl', '7d', '--out', join(folder, 'out')]);
    expect(code).toBe(2);
    expect(stderr).toContain('a.crt');
  });

  it('tells how to get certificates again that it could not write', async () => {
    const out = join(folder, 'out');
    server.on(ROUTE, () => {
      rmSync(out, { recursive: true });
      return { status: 200, body: answer(1) };
    });
    const { code, stderr } = await mint([
      '--csr',
      await file('a.csr', pem('a')),
      '--ttl',
      '7d',
      '--out',
      out,
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('--idempotency-key key-of-this-run');
  });
});

describe('mint, when the server does not mint', () => {
  const argv = async () => ['--csr', await file('a.csr', pem('a')), '--ttl', '7d'];

  it.each([
    ['a lost connection', () => 'hang up' as const],
    ['a 503', () => refuse(503, 'overloaded', 'Too much at once.')],
  ])('tries once more after %s, with the same key', async (_, failure) => {
    server.on(ROUTE, failure, { status: 200, body: answer(1) });
    const { code } = await mint(await argv());
    expect(code).toBe(0);
    expect(server.received.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'key-of-this-run',
      'key-of-this-run',
    ]);
  });

  it('gives up after the second', async () => {
    server.on(ROUTE, () => 'hang up');
    const { code, stderr } = await mint(await argv());
    expect(code).toBe(3);
    expect(stderr).toContain('--idempotency-key key-of-this-run');
    expect(server.received).toHaveLength(2);
  });

  it.each([
    [503, 'customer_not_active'],
    [401, 'unauthorized'],
    [400, 'issue_failed'],
    [403, 'quota_exceeded'],
  ])('does not repeat %d %s', async (status, code) => {
    server.on(ROUTE, refuse(status, code, 'No.'));
    const run = await mint(await argv());
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`error: ${code}: No. (request req-1)`);
    expect(server.received).toHaveLength(1);
  });

  it('says when to come back after rate_limited', async () => {
    server.on(ROUTE, { ...refuse(429, 'rate_limited', 'Too fast.'), headers: { 'retry-after': '12' } });
    expect((await mint(await argv())).stderr).toContain('Try again in 12 s.');
  });

  it.each([
    ['certificates that are missing', answer(0)],
    ['something else', 'hello'],
  ])('fails on an answer with %s', async (_, body) => {
    server.on(ROUTE, { status: 200, body });
    const { code, stdout } = await mint(await argv());
    expect(code).toBe(1);
    expect(stdout).toBe('');
  });
});

describe('mint, used wrongly', () => {
  it.each<[string, (csr: string) => string[], string]>([
    ['no --csr', () => ['--ttl', '7d'], '--csr'],
    ['no --ttl', (csr) => ['--csr', csr], '--ttl'],
    ['more than 100 requests', (csr) => ['--ttl', '7d', '--csr', ...Array(101).fill(csr)], '101 requests'],
    ['a missing file', () => ['--ttl', '7d', '--csr', '/nonexistent.csr'], '/nonexistent.csr'],
    ['stdin twice', () => ['--ttl', '7d', '--csr', '-', '-'], 'once'],
    [
      'a key that no header can carry',
      (csr) => ['--ttl', '7d', '--csr', csr, '--idempotency-key', 'ü'],
      'ASCII',
    ],
    ['--force alone', (csr) => ['--ttl', '7d', '--csr', csr, '--force'], '--out'],
    ['an unknown flag', (csr) => ['--ttl', '7d', '--csr', csr, '--bearer', 'x'], '--bearer'],
  ])('%s', async (_, argv, words) => {
    const { code, stderr } = await mint(argv(await file('a.csr', pem('a'))));
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(server.received).toHaveLength(0);
  });

  it.each([
    ['two requests', pem('a') + pem('b'), '2 requests'],
    ['no request', 'hello', 'no certificate request'],
    ['far too much', 'x'.repeat(300_000), 'bytes'],
  ])('a file with %s', async (_, content, words) => {
    const { code, stderr } = await mint(['--csr', await file('a.csr', content), '--ttl', '7d']);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});
