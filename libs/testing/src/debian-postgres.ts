import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

/** Where Debian has the server and its tools; one version for both. */
const debian = '/usr/lib/postgresql';
const wanted = ['initdb', 'postgres', 'pg_isready', 'pg_dump', 'pg_restore', 'pg_basebackup'];
const howToGet = 'pg_dump and pg_basebackup were not found (Debian: apt-get install postgresql).';
/** PostgreSQL does not run as root. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/**
 * The folder of PostgreSQL's own programs, the embedded one has no backup tools; undefined where there is none.
 *
 * @throws Error under CI=true, where missing is a failure
 */
export function findDebianPostgres(): string | undefined {
  const found = (existsSync(debian) ? readdirSync(debian) : [])
    .map((version) => join(debian, version, 'bin'))
    .find((bin) => wanted.every((tool) => existsSync(join(bin, tool))));
  if (found === undefined && process.env.CI === 'true') throw new Error(howToGet);
  if (found === undefined) console.warn(`skipped: ${howToGet}`);
  return found;
}

/** A server of its own whose backups are made, and restored, with its own tools. */
export class DebianPostgres {
  #child: ChildProcess | undefined;

  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** @param bin as `findDebianPostgres` gives it */
  static async start(bin: string): Promise<DebianPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'stackrunner-restore-'));
    chmodSync(folder, 0o755);
    if ('uid' in nobody) chownSync(folder, nobody.uid ?? 0, nobody.gid ?? 0);
    const server = new DebianPostgres(bin, folder, await freePort());
    server.#run('initdb', '-D', server.#data, '-U', 'postgres', '--auth=trust', '--no-sync');
    await server.#start();
    return server;
  }

  /** Connection string of a role of this server; without a password, it believes everybody. */
  url(database = 'postgres', role = 'postgres'): string {
    return `postgres://${role}@127.0.0.1:${this.port}/${database}`;
  }

  createDatabase(name: string): void {
    this.#run('createdb', ...this.#address, name);
  }

  /** With pg_dump. @returns what gives the database back as it is now */
  dump(name: string): () => void {
    const file = join(this.folder, `${name}.dump`);
    this.#run('pg_dump', ...this.#address, '-Fc', '-f', file, name);
    return () => {
      this.#run('dropdb', ...this.#address, '--force', name);
      this.createDatabase(name);
      this.#run('pg_restore', ...this.#address, '-d', name, file);
    };
  }

  /** With pg_basebackup. @returns what gives the whole server back as it is now */
  baseBackup(): () => Promise<void> {
    const backup = join(this.folder, 'backup');
    this.#run('pg_basebackup', ...this.#address, '-D', backup, '-c', 'fast', '--no-sync');
    return async () => {
      await this.#stop();
      rmSync(this.#data, { recursive: true });
      renameSync(backup, this.#data);
      await this.#start();
    };
  }

  async dispose(): Promise<void> {
    await this.#stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.folder, 'data');
  }

  get #address(): string[] {
    return ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres'];
  }

  #run(tool: string, ...args: string[]): void {
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    execFileSync(join(this.bin, tool), args, { ...nobody, cwd: this.folder, stdio: [...stdio] });
  }

  async #start(): Promise<void> {
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${this.folder}`,
      'max_connections=200',
    ];
    const args = ['-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])];
    this.#child = spawn(join(this.bin, 'postgres'), args, { ...nobody, cwd: this.folder, stdio: 'ignore' });
    for (let tries = 0; tries < 200; tries++) {
      try {
        this.#run('pg_isready', '-q', ...this.#address);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error('PostgreSQL did not start.');
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGINT');
    await once(child, 'exit');
  }
}
