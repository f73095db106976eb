import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { freePort } from './free-port.js';

export interface NatsServerOptions {
  /** Default true. Has no effect together with a configuration of one's own. */
  readonly jetstream?: boolean;
  /** The server's configuration file, made for the port and the empty folder that it is given. */
  readonly config?: (place: { port: number; storeDir: string }) => string;
}

/** A real nats-server on a loopback port of its own, with an empty store that goes with it. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Ends it in order; `start` brings it back on the same port with the same store. */
  stop(): Promise<void>;
  /** SIGKILL, as a machine that loses power. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it for good and removes its store. */
  dispose(): Promise<void>;
}

export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const binary = await findServer();
  const folder = mkdtempSync(join(tmpdir(), 'stackrunner-nats-'));
  const server = new LocalNatsServer(binary, folder, await freePort(), options);
  await server.start();
  return server;
}

const startTimeoutMs = 10_000;

class LocalNatsServer implements NatsServer {
  readonly url: string;
  #process: ChildProcess | undefined;
  #output = '';

  constructor(
    private readonly binary: string,
    private readonly folder: string,
    readonly port: number,
    private readonly options: NatsServerOptions,
  ) {
    this.url = `nats://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const child = spawn(this.binary, this.#args(), { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    this.#output = '';
    child.stderr.on('data', (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-4000);
    });
    const deadline = Date.now() + startTimeoutMs;
    while (!(await accepts(this.port))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`nats-server did not start:\n${this.#output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #args(): string[] {
    const storeDir = join(this.folder, 'store');
    if (this.options.config !== undefined) {
      const file = join(this.folder, 'nats-server.conf');
      writeFileSync(file, this.options.config({ port: this.port, storeDir }), { mode: 0o600 });
      return ['--config', file];
    }
    const jetstream = this.options.jetstream === false ? [] : ['--jetstream', '--store_dir', storeDir];
    return ['--addr', '127.0.0.1', '--port', String(this.port), ...jetstream];
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}

/** The finder is plain JavaScript beside the scripts, which need it before anything is compiled. */
async function findServer(): Promise<string> {
  const file = join(projectRoot(), 'scripts', 'tools', 'nats-server.mjs');
  const finder = (await import(pathToFileURL(file).href)) as { findNatsServer(): string };
  return finder.findNatsServer();
}

/** The nearest folder above, from the sources and from dist alike, that has the scripts. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'scripts', 'tools'))) folder = dirname(folder);
  return folder;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    // The server speaks first: INFO shows that it is NATS, and ready.
    socket.once('data', (chunk) => settle(chunk.toString().startsWith('INFO ')));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}
