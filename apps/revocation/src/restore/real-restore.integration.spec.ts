import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RevocationActorKind, RevocationReason, SerialStatus } from '#libs/contracts';
import { type IssuedTestCertificate, RevocationHarness } from '../testing/revocation-harness.js';

const START = '2026-05-19T12:00:00Z';
const actor = { kind: RevocationActorKind.OPERATOR, id: 'operator' };
/** Where Debian has the server and its tools (apt-get install postgresql); one version for both. */
const debian = '/usr/lib/postgresql';
const tools = (existsSync(debian) ? readdirSync(debian) : [])
  .map((version) => join(debian, version, 'bin'))
  .find((bin) =>
    ['initdb', 'pg_dump', 'pg_restore', 'pg_basebackup'].every((tool) => existsSync(join(bin, tool))),
  );
if (tools === undefined && process.env.CI === 'true') {
  throw new Error('pg_dump and pg_basebackup were not found (Debian: apt-get install postgresql).');
}
/** PostgreSQL does not run as root. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** A server whose backups are made with its own tools. */
class Server {
  readonly data: string;
  private child: ChildProcess | undefined;

  constructor(
    private readonly bin: string,
    readonly folder: string,
    readonly port: number,
  ) {
    this.data = join(folder, 'data');
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  run(tool: string, ...args: string[]): void {
    execFileSync(join(this.bin, tool), args, {
      ...nobody,
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  async start(): Promise<void> {
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.folder}`,
    ];
    const args = ['-D', this.data, ...settings.flatMap((setting) => ['-c', setting])];
    this.child = spawn(join(this.bin, 'postgres'), args, { ...nobody, cwd: this.folder, stdio: 'ignore' });
    for (let tries = 0; tries < 200; tries++) {
      try {
        this.run('pg_isready', '-h', '127.0.0.1', '-p', String(this.port));
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error('PostgreSQL did not start.');
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGINT');
    await once(child, 'exit');
  }
}

(tools === undefined ? describe.skip : describe)('a real restore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-restore-'));
  const server = new Server(tools ?? '', folder, 20_000 + (process.pid % 20_000));
  const before = process.env.STACKRUNNER_TEST_POSTGRES;
  let harness: RevocationHarness;
  let certificates: IssuedTestCertificate[];

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    if ('uid' in nobody) chownSync(folder, nobody.uid ?? 0, nobody.gid ?? 0);
    server.run('initdb', '-D', server.data, '-U', 'postgres', '--auth=trust', '--no-sync');
    await server.start();
    process.env.STACKRUNNER_TEST_POSTGRES = server.url;
    harness = await RevocationHarness.start(START);
    const customerId = randomUUID();
    const notAfter = Date.parse(START) / 1000 + 7 * 86_400;
    certificates = Array.from({ length: 5 }, () => harness.certificate(customerId, notAfter));
    await harness.issue(...certificates);
  }, 60_000);
  afterAll(async () => {
    await harness?.stop();
    await server.stop();
    if (before === undefined) delete process.env.STACKRUNNER_TEST_POSTGRES;
    else process.env.STACKRUNNER_TEST_POSTGRES = before;
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const revoke = (...indexes: number[]) => {
    const some = indexes.flatMap((index) => certificates[index] ?? []);
    const { customerId = '' } = some[0] ?? {};
    const serials = some.map(({ serial }) => serial);
    return harness.revocation.revoke({ customerId, serials, reason: RevocationReason.SUPERSEDED, actor });
  };
  const revoked = async () => {
    const answers = await Promise.all(
      certificates.map(({ customerId, serial }) =>
        harness.revocation.getSerialStatus({ customerId, serial }),
      ),
    );
    return answers.map(({ status }) => status === SerialStatus.REVOKED);
  };
  const address = ['-h', '127.0.0.1', '-p', String(server.port), '-U', 'postgres'];
  const sequences = async () =>
    (
      await harness.database.query<{ sequence: string }>('SELECT sequence FROM revocation.journal ORDER BY 1')
    ).map(({ sequence }) => Number(sequence));

  it('from pg_dump un-revokes nothing, and the journal goes on', async () => {
    await revoke(0);
    const dump = join(folder, 'database.dump');
    const name = new URL(harness.database.ownerUrl).pathname.slice(1);
    server.run('pg_dump', ...address, '-Fc', '-f', dump, name);
    await revoke(1, 2);
    await harness.service.stop();
    server.run('dropdb', ...address, '--force', name);
    server.run('createdb', ...address, name);
    server.run('pg_restore', ...address, '-d', name, dump);
    expect(await sequences()).toEqual([1]);
    await harness.startService();
    expect(await revoked()).toEqual([true, true, true, false, false]);
    await revoke(3);
    expect(await sequences()).toEqual([1, 2, 3, 4]);
  }, 60_000);

  it('from pg_basebackup un-revokes nothing either', async () => {
    const backup = join(folder, 'backup');
    server.run('pg_basebackup', ...address, '-D', backup, '-c', 'fast', '--no-sync');
    await revoke(4);
    await harness.service.stop();
    await server.stop();
    rmSync(server.data, { recursive: true });
    renameSync(backup, server.data);
    await server.start();
    expect(await sequences()).toEqual([1, 2, 3, 4]);
    await harness.startService();
    expect(await revoked()).toEqual([true, true, true, true, true]);
    expect(await sequences()).toEqual([1, 2, 3, 4, 5]);
  }, 60_000);
});
