import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminDouble, refuse } from '../testing/admin-double.js';
import { runCli } from '../testing/run-cli.js';
import { BrokenTrail, verifyTrailFile } from './trail-file.js';

const customerId = '6f1c2d3e-4b5a-4c6d-8e7f-0123456789ab';
let server: AdminDouble;
let folder: string;
beforeAll(async () => {
  server = await AdminDouble.start();
  folder = await mkdtemp(join(tmpdir(), 'stackrunner-audit-'));
});
beforeEach(() => server.reset());
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** A trail as docs/audit.md says it is made. */
function trail(count: number) {
  let hash = Buffer.alloc(32);
  return Array.from({ length: count }, (_, index) => {
    const sequence = index + 1;
    const recorded_at = new Date(1_700_000_000_000 + index * 1_001).toISOString();
    const entry = {
      action: 'issue',
      outcome: 'ok',
      actor: { kind: 'operator' },
      details: { word: 'schön', sequence },
    };
    const numbers = Buffer.alloc(16);
    numbers.writeBigInt64BE(BigInt(sequence), 0);
    numbers.writeBigInt64BE(BigInt(Date.parse(recorded_at)), 8);
    const customer = Buffer.from(customerId.replaceAll('-', ''), 'hex');
    const octets = Buffer.concat([hash, customer, numbers, Buffer.from(JSON.stringify(entry))]);
    hash = createHash('sha256').update(octets).digest();
    return { sequence, recorded_at, hash: hash.toString('hex'), entry };
  });
}

const page = (entries: readonly unknown[], head: { sequence: number; hash: string }) => ({
  status: 200,
  body: { customer_id: customerId, handle: 'acme', entries, head },
});

const cli = (...argv: string[]) => runCli(['audit', ...argv], { url: server.url });
const verify = async (content: string | Buffer, ...flags: string[]) => {
  const file = join(folder, 'broken.jsonl');
  await writeFile(file, content);
  return cli('verify', file, ...flags);
};

async function exported(name: string, entries = trail(5)): Promise<string> {
  const head = entries.at(-1) ?? { sequence: 0, hash: '0'.repeat(64) };
  server.on('GET /v1/admin/customers/acme/audit?after=0&limit=1000', page(entries, head));
  const file = join(folder, name);
  const { code, stderr } = await cli('export', 'acme', '--out', file);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return file;
}

describe('audit export', () => {
  it('follows the pages up to where the trail ended at the first', async () => {
    const entries = trail(6);
    const path = 'GET /v1/admin/customers/acme/audit?after=';
    server
      .on(`${path}0&limit=1000`, page(entries.slice(0, 2), { sequence: 4, hash: entries[3]?.hash ?? '' }))
      .on(`${path}2&limit=1000`, page(entries.slice(2), { sequence: 6, hash: entries[5]?.hash ?? '' }));
    const file = join(folder, 'pages.jsonl');
    const { code, stdout } = await cli('export', 'acme', '--out', file, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ handle: 'acme', entries: 4, head: entries[3]?.hash, file });
    expect(await cli('verify', file, '--json')).toMatchObject({ code: 0 });
  });

  it('refuses a trail whose end is missing, and writes over nothing', async () => {
    const entries = trail(3);
    const head = { sequence: 4, hash: 'a'.repeat(64) };
    server
      .on('GET /v1/admin/customers/acme/audit?after=0&limit=1000', page(entries, head))
      .on('GET /v1/admin/customers/acme/audit?after=3&limit=1000', page([], head));
    expect(await cli('export', 'acme', '--out', join(folder, 'short.jsonl'))).toMatchObject({ code: 1 });
    const file = await exported('there.jsonl');
    expect(await cli('export', 'acme', '--out', file)).toMatchObject({ code: 2 });
    expect(await cli('export', 'acme', '--out', file, '--force')).toMatchObject({ code: 0 });
    server.on(
      'GET /v1/admin/customers/none/audit?after=0&limit=1000',
      refuse(404, 'customer_not_found', 'No.'),
    );
    expect(await cli('export', 'none', '--out', join(folder, 'none.jsonl'))).toMatchObject({ code: 1 });
    await expect(readFile(join(folder, 'none.jsonl'))).rejects.toThrow('ENOENT');
  });
});

describe('audit verify', () => {
  it('asks nobody, and accepts what was exported, also an empty trail', async () => {
    const file = await exported('whole.jsonl');
    server.reset();
    const { code, stdout } = await runCli(['audit', 'verify', file, '--json'], { url: 'http://127.0.0.1:1' });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      handle: 'acme',
      entries: 5,
      head: trail(5)[4]?.hash,
    });
    expect(await cli('verify', await exported('empty.jsonl', []))).toMatchObject({ code: 0 });
  });

  it('finds any byte that was flipped', async () => {
    const content = await readFile(await exported('flip.jsonl', trail(2)));
    for (let at = 0; at < content.length; at++) {
      const broken = Buffer.from(content);
      broken[at] = (broken[at] ?? 0) ^ 1;
      expect(() => verifyTrailFile(broken)).toThrow(BrokenTrail);
    }
  });

  it('finds any line that was dropped, repeated, or put elsewhere, and a file that was cut', async () => {
    const content = await readFile(await exported('lines.jsonl'), 'utf8');
    const lines = content.trimEnd().split('\n');
    const broken = lines.flatMap((line, at) => [
      lines.toSpliced(at, 1),
      lines.toSpliced(at, 0, line),
      ...(at > 0 ? [lines.toSpliced(at - 1, 2, line, lines[at - 1] ?? '')] : []),
      lines.slice(0, at),
    ]);
    for (const each of broken) expect(await verify(`${each.join('\n')}\n`)).toMatchObject({ code: 1 });
    expect(await verify(content.slice(0, -1))).toMatchObject({ code: 1 });
    expect(await verify(content.replace('schön', 'schoen'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('line 2: entry 1 is not what was recorded'),
    });
  });

  it('finds a trail that was written anew, by a head that was noted before', async () => {
    const content = await readFile(await exported('anew.jsonl'), 'utf8');
    expect(await verify(content, '--head', trail(5)[2]?.hash ?? '')).toMatchObject({ code: 0 });
    expect(await verify(content, '--head', 'a'.repeat(64))).toMatchObject({ code: 1 });
    expect(await verify(content, '--head', 'nonsense')).toMatchObject({ code: 2 });
    expect(await cli('verify', join(folder, 'missing.jsonl'))).toMatchObject({ code: 2 });
  });
});
