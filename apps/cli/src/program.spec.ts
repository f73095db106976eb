import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from './cli-context.js';
import { program } from './program.js';
import { commandsOf, pathOf } from './run-program.js';
import { AdminDouble, refuse } from './testing/admin-double.js';
import { runCli, TOKEN } from './testing/run-cli.js';

const tree = commandsOf(program({ version: '0.0.0' } as CliContext));
const leaves = tree.filter((command) => command.commands.length === 0);
const argvOf = (path: string): string[] => path.split(' ').slice(1);

describe('the command line', () => {
  it('has the commands that scripts rely on', () => {
    expect(leaves.map(pathOf)).toEqual([
      'stackrunner customer create',
      'stackrunner customer show',
      'stackrunner customer list',
      'stackrunner customer suspend',
      'stackrunner customer resume',
      'stackrunner customer rotate-bearer',
      'stackrunner customer reset-birth-cert',
      'stackrunner customer set-limits',
      'stackrunner customer set-plan',
      'stackrunner customer promote',
      'stackrunner audit export',
      'stackrunner audit verify',
      'stackrunner usage reconcile',
      'stackrunner usage months',
      'stackrunner credential seed',
      'stackrunner credential list',
      'stackrunner credential revoke',
      'stackrunner ca rotate',
      'stackrunner ca csr',
      'stackrunner ca import',
      'stackrunner ceremony show',
      'stackrunner ceremony verify',
      'stackrunner mint',
      'stackrunner login',
      'stackrunner logout',
      'stackrunner whoami',
      'stackrunner revoke',
      'stackrunner reconcile',
      'stackrunner status',
    ]);
  });

  it.each(tree.map(pathOf))('%s --help has an example of itself and exits 0', async (path) => {
    const { code, stdout, stderr } = await runCli([...argvOf(path), '--help'], {});
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain('Examples:\n');
    expect(stdout.slice(stdout.indexOf('Examples:'))).toContain(path);
  });

  it.each(leaves.map(pathOf))('%s takes --json', (path) => {
    const command = leaves.find((leaf) => pathOf(leaf) === path);
    expect(command?.options.map(({ long }) => long)).toContain('--json');
  });

  it.each([
    [[]],
    [['customer']],
    [['nonsense']],
    [['status', '--nonsense']],
    [['customer', 'show']],
    [['status', 'x']],
  ])('%j is wrong usage', async (argv) => {
    const { code, stdout, stderr } = await runCli(argv, {});
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
  });
});

describe('--version', () => {
  it('is the version of the program', async () => {
    expect(await runCli(['--version'], {}, { version: '1.2.3' })).toMatchObject({
      code: 0,
      stdout: '1.2.3\n',
    });
  });
});

describe('docs/cli.md', () => {
  const page = readFile(join(process.cwd(), 'docs', 'cli.md'), 'utf8');

  it.each(leaves.map(pathOf))('has a section for %s with each of its flags', async (path) => {
    const command = leaves.find((leaf) => pathOf(leaf) === path);
    const sections = (await page).split(/^### /m);
    const section = sections.find((text) => text.startsWith(`\`${path}`)) ?? '';
    expect(section).not.toBe('');
    for (const { long } of command?.options ?? []) {
      if (long !== '--json') expect(section).toContain(`\`${long}`);
    }
  });

  it('names no flag that does not exist', async () => {
    const known = new Set(
      leaves.flatMap(({ options }) => options.map(({ long }) => long)).concat('--help', '--version'),
    );
    const named = (await page).match(/`--[a-z-]+/g) ?? [];
    expect(named.map((flag) => flag.slice(1)).filter((flag) => !known.has(flag))).toEqual([]);
  });
});

describe('status', () => {
  let server: AdminDouble;
  let folder: string;
  beforeAll(async () => {
    server = await AdminDouble.start();
    folder = await mkdtemp(join(tmpdir(), 'cli-'));
  });
  beforeEach(() => server.reset());
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
  const ROUTE = 'GET /v1/admin/status';

  it('prints the answer as JSON, or as aligned facts', async () => {
    const services = [{ name: 'issuer', status: 'up', answered_in_ms: 4.5 }];
    const body = { status: 'up', version: '0.1.0', services, more: true };
    server.on(ROUTE, { status: 200, body });
    expect(JSON.parse((await runCli(['status', '--json'], { url: server.url })).stdout)).toEqual(body);
    const { code, stdout } = await runCli(['status'], { url: server.url });
    expect(code).toBe(0);
    expect(stdout).toContain(
      'version  0.1.0\nstatus   up\n\nSERVICE  STATUS\nissuer   up      answered in 4.5 ms\n',
    );
  });

  it('exits 1 when a service is down, and shows which and why', async () => {
    const services = [
      { name: 'issuer', status: 'down', message: 'no answer' },
      { name: 'billing', status: 'up' },
    ];
    server.on(ROUTE, { status: 200, body: { status: 'degraded', services } });
    const text = await runCli(['status'], { url: server.url });
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('issuer   down    no answer\n');
    expect(text.stderr).toBe('error: not up: issuer\n');
    const json = await runCli(['status', '--json'], { url: server.url });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout).status).toBe('degraded');
  });

  it('reads the operator token from the data folder', async () => {
    server.on(ROUTE, { status: 200, body: { status: 'up', services: [] } });
    await writeFile(join(folder, 'operator.token'), `${TOKEN}-file\n`);
    await runCli(['status'], { url: server.url, operatorToken: undefined, dataDir: folder });
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}-file`);
  });

  it('finds the data folder beside the program when there is none where it was called', async () => {
    server.on(ROUTE, { status: 200, body: { status: 'up', services: [] } });
    server.on('GET /health', { status: 200, body: { status: 'ok' } });
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'operator.token'), TOKEN);
    const settings = { url: server.url, operatorToken: undefined, dataDir: 'data' };
    expect((await runCli(['status'], settings)).code).toBe(2);
    expect((await runCli(['status'], settings, { home: folder })).code).toBe(0);
  });

  it('says where a token could come from when there is none', async () => {
    server.on('GET /health', { status: 200, body: { status: 'ok' } });
    const run = await runCli(['status'], { url: server.url, operatorToken: undefined });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('STACKRUNNER_OPERATOR_TOKEN');
  });

  it('exits 3 and names npm start when nothing listens, token or not', async () => {
    const closed = await AdminDouble.start();
    await closed.stop();
    for (const operatorToken of [TOKEN, undefined]) {
      const run = await runCli(['status'], { url: closed.url, operatorToken });
      expect(run.code).toBe(3);
      expect(run.stderr).toContain('ECONNREFUSED');
      expect(run.stderr).toContain('npm start');
    }
  });

  it('reports a refusal with code, message and request id', async () => {
    server.on(ROUTE, refuse(401, 'unauthorized', 'Who are you?'));
    const { code, stderr } = await runCli(['status'], { url: server.url });
    expect(code).toBe(1);
    expect(stderr).toContain('error: unauthorized: Who are you? (request req-1)');
  });

  it.each([
    [200, 'not json'],
    [502, '<html>Bad Gateway</html>'],
    [301, ''],
  ])('does not take a %d of something else for an answer', async (status, body) => {
    server.on(ROUTE, { status, body, headers: { location: '/elsewhere' } });
    const { code, stderr } = await runCli(['status'], { url: server.url });
    expect(code).toBe(1);
    expect(stderr).toContain('STACKRUNNER_URL');
    expect(server.received).toHaveLength(1);
  });
});
