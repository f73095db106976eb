import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimFreePort } from '../support/free-port.js';
import { killed, postmasterPid, servicesOf, statusOriginOf } from '../support/processes.js';
import { Product, temporaryFolder } from '../support/product.js';

const env = { STACKRUNNER_LOG_LEVEL: 'fatal' };
const betweenStartsMs = 200;

/** A product whose parts can be killed, and come back. */
export interface KillableHouse {
  /** As it runs now; its origin stays. */
  readonly product: Product;
  readonly victims: readonly string[];
  /** Where each replica of the revocation service serves CRL and OCSP. */
  readonly replicas: readonly string[];
  /** Kills without a word. @returns false where there was nobody to kill */
  kill(victim: string): boolean;
  stop(): Promise<void>;
}

/** The five processes, and the revocation service once more beside them, as a cluster has it. */
export class FiveProcesses implements KillableHouse {
  private constructor(
    readonly product: Product,
    private readonly second: SecondRevocation | undefined,
  ) {}

  static async start(): Promise<FiveProcesses> {
    const product = await Product.start({ mode: 'services', env });
    return new FiveProcesses(product, await SecondRevocation.start(product.dataDir));
  }

  get victims(): readonly string[] {
    return ['revocation', 'postgresql', 'nats', 'gateway', ...(this.second ? ['second revocation'] : [])];
  }

  get replicas(): readonly string[] {
    return [statusOriginOf(this.product.printed), ...(this.second ? [this.second.origin] : [])];
  }

  kill(victim: string): boolean {
    const { dataDir } = this.product;
    if (victim === 'second revocation') return killed(() => this.second?.pid);
    return killed(() =>
      victim === 'postgresql' ? postmasterPid(dataDir) : servicesOf(dataDir).pids[victim],
    );
  }

  async stop(): Promise<void> {
    await this.second?.stop();
    await this.product.stop();
  }
}

/** A second process of the revocation service on the same database, with what the first was given. */
class SecondRevocation {
  #child: ChildProcess;
  #stopping = false;

  private constructor(
    private readonly environment: NodeJS.ProcessEnv,
    readonly origin: string,
  ) {
    this.#child = this.#run();
  }

  /** Undefined where the system does not tell what a process was given (all but Linux). */
  static async start(dataDir: string): Promise<SecondRevocation | undefined> {
    const file = `/proc/${servicesOf(dataDir).pids.revocation}/environ`;
    if (!existsSync(file)) return undefined;
    const pairs = readFileSync(file, 'utf8')
      .split('\0')
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
    const port = await claimFreePort();
    const ports = {
      STACKRUNNER_STATUS_PORT: String(port),
      STACKRUNNER_METRICS_PORT: String(await claimFreePort()),
    };
    const second = new SecondRevocation(
      { ...Object.fromEntries(pairs), ...ports },
      `http://127.0.0.1:${port}`,
    );
    await second.#serves();
    return second;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  #run(): ChildProcess {
    const child = spawn(process.execPath, ['dist/apps/revocation/src/main.js'], {
      env: this.environment,
      stdio: 'ignore',
    });
    child.once('exit', () => void this.#again());
    return child;
  }

  async #again(): Promise<void> {
    await sleep(betweenStartsMs);
    if (!this.#stopping) this.#child = this.#run();
  }

  async #serves(): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
      if (await fetch(`${this.origin}/pki/demo/root.crl`).catch(() => undefined)) return;
    }
    throw new Error('the second revocation service does not serve');
  }
}

/** Everything in one process, which is started again as an operator's supervisor does it. */
export class Standalone implements KillableHouse {
  readonly victims = ['standalone', 'standalone', 'postgresql'];
  #product: Product;
  #stopping = false;
  #restarting: Promise<void> = Promise.resolve();

  private constructor(
    product: Product,
    private readonly dataDir: string,
  ) {
    this.#product = product;
    this.#watch(product);
  }

  static async start(): Promise<Standalone> {
    const dataDir = temporaryFolder('killed');
    return new Standalone(await Product.start({ dataDir, env }), dataDir);
  }

  get product(): Product {
    return this.#product;
  }

  get replicas(): readonly string[] {
    return [statusOriginOf(this.#product.printed)];
  }

  kill(victim: string): boolean {
    return killed(() => (victim === 'postgresql' ? postmasterPid(this.dataDir) : this.#product.child.pid));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#restarting;
    await this.#product.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  #watch(product: Product): void {
    product.child.once('exit', () => {
      if (!this.#stopping) this.#restarting = this.#again();
    });
  }

  /** On the ports that clients know. */
  async #again(): Promise<void> {
    const { origin, printed } = this.#product;
    const ports = {
      STACKRUNNER_PORT: new URL(origin).port,
      STACKRUNNER_STATUS_PORT: new URL(statusOriginOf(printed)).port,
    };
    while (!this.#stopping) {
      try {
        this.#product = await Product.start({ dataDir: this.dataDir, env: { ...env, ...ports } });
        return this.#watch(this.#product);
      } catch {
        // What was killed has not let go of its database yet.
        await sleep(betweenStartsMs);
      }
    }
  }
}
