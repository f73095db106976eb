import { type ChildProcess, spawn } from 'node:child_process';
import { StartError } from '#libs/config';
import type { Binaries } from './binaries.js';
import { nameForServer } from './data-folder.js';
import { serverEnvironment } from './initdb.js';
import { readPostmasterPid } from './postmaster-pid.js';
import type { Identity } from './unprivileged-user.js';

export interface ServerOptions {
  readonly binaries: Binaries;
  readonly user: Identity | undefined;
  readonly pgdata: string;
  readonly port: number;
  /** `name=value` of postgresql.conf. */
  readonly settings: readonly string[];
  readonly onLog: (line: string) => void;
}

/** What the server said when it could not start; `retry` names the ones that pass. */
export class ServerStartError extends StartError {
  override readonly name = 'ServerStartError';
  constructor(
    message: string,
    readonly retry: 'port in use' | 'memory in use' | undefined,
  ) {
    super(message);
  }
}

const startTimeoutMs = 60_000;

/** One running `postgres`. */
export class ServerProcess {
  readonly exited: Promise<void>;
  #hasExited = false;
  readonly #lines: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly options: ServerOptions,
  ) {
    this.exited = new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.once('error', () => resolve());
    }).then(() => {
      this.#hasExited = true;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Starts the server and waits until it takes connections. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const { binaries, user, pgdata, port } = options;
    const settings = [`port=${port}`, ...options.settings].flatMap((setting) => ['-c', setting]);
    const child = spawn(binaries.postgres, ['-D', nameForServer(pgdata, user), ...settings], {
      ...user,
      cwd: pgdata,
      env: serverEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
      // Its own session: Ctrl-C goes to us, and the database stops after those who use it.
      detached: true,
    });
    const server = new ServerProcess(child, options);
    if (child.pid) server.#stopWithUs(child.pid);
    await server.#ready();
    return server;
  }

  /** Fast shutdown: ends sessions, writes a checkpoint. Harder after 20 s; recovery then follows at the start. */
  async stop(): Promise<void> {
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      this.child.kill(signal);
      if (await this.#exitsWithin(20_000)) return;
    }
  }

  /** What a power cut does to the server process. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /**
   * Should this process die without a word (SIGKILL), the database must not live on and hold its folder.
   * A shell waits for the end of a pipe that only we hold open.
   */
  #stopWithUs(pid: number): void {
    const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(pid)], {
      ...this.options.user,
      cwd: '/',
      env: serverEnvironment,
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    watcher.on('error', () => undefined);
    watcher.stdin.on('error', () => undefined);
    watcher.unref();
    void this.exited.then(() => watcher.kill('SIGKILL'));
  }

  async #ready(): Promise<void> {
    const { pgdata, port } = this.options;
    const deadline = Date.now() + startTimeoutMs;
    while (!this.#hasExited && Date.now() < deadline) {
      const found = readPostmasterPid(pgdata);
      if (found && found.pid === this.child.pid && found.status === 'ready') return;
      await Promise.race([this.exited, new Promise((resolve) => setTimeout(resolve, 10))]);
    }
    if (!this.#hasExited) await this.stop();
    throw explain(this.#lines, port);
  }

  async #exitsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const inTime = await Promise.race([this.exited.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }

  #read(chunk: string): void {
    for (const line of chunk.split('\n').filter((each) => each.trim() !== '')) {
      this.#lines.push(line);
      if (this.#lines.length > 50) this.#lines.shift();
      this.options.onLog(line);
    }
  }
}

function explain(lines: readonly string[], port: number): ServerStartError {
  const words = lines.join('\n');
  if (words.includes('could not bind')) {
    return new ServerStartError(
      `Port ${port}, which the database should listen on, is in use.`,
      'port in use',
    );
  }
  if (words.includes('postmaster.pid" already exists')) {
    return new ServerStartError('The database is held by another process.', undefined);
  }
  const fatal = lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  const reason = fatal.replace(/^.*?(FATAL|PANIC):\s*/, '');
  return new ServerStartError(
    `The database does not start: ${reason}`,
    words.includes('shared memory block') ? 'memory in use' : undefined,
  );
}
