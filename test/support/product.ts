import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** As `npm start` has them. */
const nodeFlags = ['--single-threaded-gc', '--max-semi-space-size=64'];
const entries = {
  standalone: 'dist/apps/standalone/src/main.js',
  services: 'scripts/start-services.mjs',
} as const;

export interface StartOptions {
  /** One process, or five with NATS between them. */
  readonly mode?: keyof typeof entries;
  /** Default: a new folder, removed at the end. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; fails the test when it is not JSON. */
  json<T>(): T;
}

export interface RequestOptions {
  readonly method?: string;
  readonly bearer?: string;
  readonly body?: string | Uint8Array | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Customer {
  readonly handle: string;
  readonly status: string;
  readonly bearer: string;
  readonly mint_url: string;
  readonly pki_url: string;
}

export interface Minted {
  readonly version: string;
  readonly certs: readonly {
    readonly cert_pem: string;
    readonly serial: string;
    readonly fingerprint: string;
    readonly issued_at: string;
    readonly expires_at: string;
  }[];
  readonly chain: string;
  readonly batch_id?: string;
}

export interface Refusal {
  readonly error: { readonly code: string; readonly message: string; readonly request_id: string } & Readonly<
    Record<string, unknown>
  >;
}

/** A folder below the system's temporary one that the database's own user may pass through. */
export function temporaryFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `stackrunner-${purpose}-`));
  chmodSync(folder, 0o755);
  return folder;
}

/** The real product as its own process, driven over HTTP and the command line only. */
export class Product {
  private constructor(
    readonly child: ChildProcess,
    readonly origin: string,
    readonly dataDir: string,
    private readonly output: () => string,
    private readonly ownsFolder: boolean,
  ) {}

  /** Starts the product on a free port and waits until it serves. */
  static async start(options: StartOptions = {}): Promise<Product> {
    const dataDir = options.dataDir ?? temporaryFolder('product');
    const child = spawn(
      process.execPath,
      [...nodeFlags, entries[options.mode ?? 'standalone'], ...(options.args ?? [])],
      {
        env: {
          ...process.env,
          STACKRUNNER_PORT: '0',
          STACKRUNNER_METRICS_PORT: '0',
          STACKRUNNER_LOG_LEVEL: 'warn',
          // Stories show wrong credentials by the hundred, all from one address.
          STACKRUNNER_WRONG_CREDENTIALS: '1000000',
          STACKRUNNER_DATA_DIR: dataDir,
          ...options.env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    const origin = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`not serving after 60 s:\n${output.slice(-2_000)}`)),
        60_000,
      );
      const take = (chunk: Buffer) => {
        output += chunk.toString();
        const serving = /^Serving at (\S+)$/m.exec(output)?.[1];
        if (serving) resolve(serving);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${output.slice(-2_000)}`)));
      child.once('exit', () => clearTimeout(timer));
      child.stdout.on('data', () => /^Serving at /m.test(output) && clearTimeout(timer));
    }).catch((error: unknown) => {
      // One that is late would hold its ports and its database against the next.
      child.kill('SIGKILL');
      throw error;
    });
    return new Product(child, origin, dataDir, () => output, options.dataDir === undefined);
  }

  /** Everything that the process has printed. */
  get printed(): string {
    return this.output();
  }

  get operatorToken(): string {
    return readFileSync(join(this.dataDir, 'operator.token'), 'utf8').trim();
  }

  async request(path: string, options: RequestOptions = {}): Promise<Answer> {
    const headers: Record<string, string> = { ...options.headers };
    if (options.bearer) headers.authorization = `Bearer ${options.bearer}`;
    const init: RequestInit = {
      method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
      headers,
    };
    if (options.body !== undefined) {
      const { body } = options;
      const isText = typeof body === 'string' || body instanceof Uint8Array;
      init.body = isText ? (body as string) : JSON.stringify(body);
      if (!isText) headers['content-type'] ??= 'application/json';
    }
    const response = await fetch(this.origin + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
  }

  /** Runs the command line as an operator of this product. */
  cli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        ['scripts/stackrunner.mjs', ...args],
        {
          env: { ...process.env, STACKRUNNER_URL: this.origin, STACKRUNNER_DATA_DIR: this.dataDir, ...env },
        },
        (error, stdout, stderr) => {
          const code = typeof error?.code === 'number' ? error.code : error ? 1 : 0;
          resolve({ code, stdout, stderr });
        },
      );
    });
  }

  /** Starts the command line, for commands that wait for a person. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCli {
    return new RunningCli(args, {
      ...process.env,
      STACKRUNNER_URL: this.origin,
      STACKRUNNER_DATA_DIR: this.dataDir,
      ...env,
    });
  }

  /** A new customer with an active CA, made by the command line. */
  async customer(handle: string, ...flags: string[]): Promise<Customer> {
    const result = await this.cli(['customer', 'create', handle, '--json', ...flags]);
    if (result.code !== 0) throw new Error(`customer create ${handle}: ${result.stderr}`);
    return JSON.parse(result.stdout) as Customer;
  }

  /** A new customer that no limit holds back. */
  async unlimitedCustomer(handle: string, ...wishes: string[]): Promise<Customer> {
    const customer = await this.customer(handle, ...wishes);
    const flags = ['--per-minute', 'unlimited', '--per-month', 'unlimited'];
    const lifted = await this.cli(['customer', 'set-limits', handle, ...flags]);
    if (lifted.code !== 0) throw new Error(`customer set-limits ${handle}: ${lifted.stderr}`);
    return customer;
  }

  /** Mints, and fails the test when the product refuses. */
  async mint(
    customer: Pick<Customer, 'handle' | 'bearer'>,
    csrs: readonly string[],
    ttl: string,
  ): Promise<Minted> {
    const answer = await this.request(`/${customer.handle}/mint`, {
      bearer: customer.bearer,
      body: { version: 'v1', csr_pems: csrs, ttl },
    });
    if (answer.status !== 200) throw new Error(`mint answered ${answer.status}: ${answer.text}`);
    return answer.json<Minted>();
  }

  /** Stops as Ctrl-C does; gives the exit code. */
  async stop(): Promise<number | null> {
    const code = await this.end('SIGINT');
    if (this.ownsFolder) rmSync(this.dataDir, { recursive: true, force: true });
    return code;
  }

  /** Ends with a signal and keeps the data folder. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal);
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }
}

/** The command line while it runs. */
export class RunningCli {
  /** Resolves when it has ended. */
  readonly done: Promise<CliResult>;
  private readonly child: ChildProcess;
  private stdout = '';
  private stderr = '';

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, ['scripts/stackrunner.mjs', ...args], { env });
    this.child = child;
    child.stdout.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.done = once(child, 'close').then(([code]) => ({
      code: Number(code ?? 1),
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Waits until it has said something for people. @returns the pattern's first group */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.stderr)?.[1];
      if (found !== undefined) return found;
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
