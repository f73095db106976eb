import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { migrate } from '../migrate.js';
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';

const asRoot = userInfo().uid === 0;
// Each test starts servers, and some make a database, on machines that are busy with other tests.
const timeoutMs = 60_000;

describe('the embedded PostgreSQL', () => {
  let template: string;
  let folder: string;
  let dataDir: string;
  const servers: EmbeddedPostgres[] = [];

  beforeAll(async () => {
    template = mkdtempSync(join(tmpdir(), 'embedded-template-'));
    chmodSync(template, 0o755);
    const options = { dataDir: join(template, 'database'), sharedBuffersMb: 16, durable: false };
    await (await EmbeddedPostgres.start(options)).stop();
  }, timeoutMs);
  afterAll(() => rmSync(template, { recursive: true }));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'embedded-'));
    chmodSync(folder, 0o755);
    dataDir = join(folder, 'database');
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    rmSync(folder, { recursive: true });
  }, timeoutMs);

  /** A database that was made before: making one takes seconds. */
  function copyTemplate(): void {
    spawnSync('cp', ['-a', join(template, 'database'), dataDir]);
  }

  async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const server = await EmbeddedPostgres.start({ dataDir, sharedBuffersMb: 16, ...options });
    servers.push(server);
    return server;
  }

  async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it(
    'is asked over a socket in its folder, and over the loopback interface where the folder has too long a name',
    async () => {
      const client = 'SELECT inet_client_addr() AS address';
      copyTemplate();
      const near = await start();
      expect(await query(near.ownerUrl(), client)).toEqual([{ address: null }]);
      expect(await query(near.ownerUrl().replace(/\?.*/, ''), client)).toEqual([{ address: '127.0.0.1' }]);
      await near.stop();
      const long = join(folder, 'x'.repeat(80));
      mkdirSync(long);
      const deep = join(long, 'database');
      spawnSync('cp', ['-a', dataDir, deep]);
      const far = await start({ dataDir: deep });
      expect(await query(far.ownerUrl(), client)).toEqual([{ address: '127.0.0.1' }]);
    },
    timeoutMs,
  );

  it(
    'is durable by default, listens on loopback only, and asks everyone for a password',
    async () => {
      const server = await start();
      const settings = await query(
        server.ownerUrl(),
        "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'data_checksums') ORDER BY 1",
      );
      expect(settings).toEqual([
        { name: 'data_checksums', setting: 'on' },
        { name: 'fsync', setting: 'on' },
        { name: 'full_page_writes', setting: 'on' },
        { name: 'listen_addresses', setting: '127.0.0.1' },
        { name: 'synchronous_commit', setting: 'on' },
      ]);
      await expect(
        query(`postgres://postgres@127.0.0.1:${server.port}/postgres`, 'SELECT 1'),
      ).rejects.toThrow('password');
      expect(statSync(join(dataDir, 'passwords.json')).mode & 0o777).toBe(0o600);
    },
    timeoutMs,
  );

  it(
    'keeps what was written over a stop, and over a SIGKILL',
    async () => {
      copyTemplate();
      const first = await start();
      await migrate(first.ownerUrl(), [{ service: 'billing', migrations: [] }], {
        passwords: first.passwords,
      });
      await query(first.ownerUrl(), 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
      await first.stop();
      const second = await start({ port: first.port });
      await query(second.ownerUrl(), 'INSERT INTO kept VALUES (2)');
      await second.kill();
      const third = await start({ port: first.port });
      expect(await query(third.ownerUrl(), 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
      expect(await query(third.url('billing'), 'SELECT current_user AS role')).toEqual([
        { role: 'stackrunner_billing' },
      ]);
    },
    timeoutMs,
  );

  it(
    'comes back by itself after a SIGKILL where it is asked to',
    async () => {
      copyTemplate();
      const server = await start({ restart: true });
      await server.kill();
      const deadline = Date.now() + 10_000;
      for (;;) {
        const answer = await query(server.ownerUrl(), 'SELECT 1 AS one').catch(() => undefined);
        if (answer) break;
        if (Date.now() > deadline) throw new Error('it did not come back within 10 s');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await server.stop();
      await expect(query(server.ownerUrl(), 'SELECT 1')).rejects.toThrow('ENOENT');
    },
    timeoutMs,
  );

  it(
    'stops also in the middle of coming back',
    async () => {
      copyTemplate();
      const server = await start({ restart: true });
      await server.kill();
      await server.stop();
      await expect(query(server.ownerUrl(), 'SELECT 1')).rejects.toThrow('ENOENT');
      await start();
    },
    timeoutMs,
  );

  it(
    'refuses a folder that another server holds, and leaves that server alone',
    async () => {
      copyTemplate();
      const holder = await start();
      await expect(start()).rejects.toMatchObject({
        name: 'StartError',
        message: expect.stringMatching(
          /^The database in \S+ is held by another process \(PostgreSQL \d+\)\.$/,
        ),
      });
      expect(await query(holder.ownerUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
    timeoutMs,
  );

  it(
    'may be started twice at once: one serves, the other says that it is held',
    async () => {
      const outcomes = await Promise.allSettled([start({ durable: false }), start({ durable: false })]);
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(refused).toHaveLength(1);
      expect(String(refused[0]?.reason)).toContain('held by another process');
      const [server] = servers;
      expect(await query(server?.ownerUrl() ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
    timeoutMs,
  );

  it(
    'clears away what a dead server left, also when another process has its number now',
    async () => {
      copyTemplate();
      const first = await start();
      await first.stop();
      const pidFile = join(dataDir, 'cluster', 'pgdata', 'postmaster.pid');
      writeFileSync(pidFile, `${process.pid}\n${dataDir}\n1\n1\n\n127.0.0.1\n  1  1\nready\n`);
      const second = await start();
      expect(await query(second.ownerUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
    timeoutMs,
  );

  it(
    'dies with the process that started it',
    async () => {
      copyTemplate();
      const index = pathToFileURL(join(process.cwd(), 'dist/libs/database/src/index.js')).href;
      const script = `
      const { EmbeddedPostgres } = await import(${JSON.stringify(index)});
      const server = await EmbeddedPostgres.start({ dataDir: ${JSON.stringify(dataDir)}, sharedBuffersMb: 16 });
      console.log('up');
      setInterval(() => undefined, 1000);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      const server = await start();
      expect(await query(server.ownerUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
    timeoutMs,
  );

  it(
    'says in one line that a folder cannot be written',
    async () => {
      writeFileSync(join(folder, 'file'), '');
      await expect(start({ dataDir: join(folder, 'file', 'database') })).rejects.toMatchObject({
        name: 'StartError',
        message: `The data folder ${join(folder, 'file', 'database')} cannot be written (ENOTDIR).`,
      });
    },
    timeoutMs,
  );

  it(
    'says in one line that its port is in use',
    async () => {
      copyTemplate();
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const address = other.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      await expect(start({ port })).rejects.toThrow(
        `Port ${port}, which the database should listen on, is in use.`,
      );
      other.close();
      await start();
    },
    timeoutMs,
  );

  it(
    'leaves nothing half made when its making is killed',
    async () => {
      mkdirSync(join(dataDir, 'cluster', 'pgdata.new-999999999-1'), { recursive: true });
      if (asRoot) chmodSync(join(dataDir, 'cluster'), 0o777);
      await start();
      expect(existsSync(join(dataDir, 'cluster', 'pgdata.new-999999999-1'))).toBe(false);
    },
    timeoutMs,
  );

  it(
    'will not open a database whose passwords are gone',
    async () => {
      copyTemplate();
      const server = await start();
      await server.stop();
      const file = join(dataDir, 'passwords.json');
      const passwords = readFileSync(file);
      rmSync(file);
      await expect(start()).rejects.toThrow(
        'holds the passwords of the embedded database and cannot be read',
      );
      writeFileSync(file, passwords, { mode: 0o600 });
      await start();
    },
    timeoutMs,
  );

  (asRoot ? it : it.skip)(
    'serves root also from a folder that nobody else may pass',
    async () => {
      chmodSync(folder, 0o700);
      const server = await start();
      expect(await query(server.ownerUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await server.stop();
      const again = await start();
      expect(await query(again.ownerUrl(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    },
    timeoutMs,
  );
});
