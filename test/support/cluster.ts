import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NatsServer, startNatsServer } from '#libs/testing';
import { claimFreePort } from './free-port.js';
import { temporaryFolder } from './product.js';

const serviceNames = ['billing', 'provisioner', 'revocation', 'issuer', 'gateway'] as const;
const operatorToken = 'o'.repeat(43);
const database = 'stackrunner';

/** A PostgreSQL that somebody else runs. */
export interface ForeignPostgres {
  url(database: string, role: string): string;
}

/**
 * The five services as `docs/running.md` says to start them by hand, on a PostgreSQL and a NATS that are not theirs: what
 * they run on can be changed while they stand still.
 */
export class Cluster {
  readonly #children: ChildProcess[] = [];

  private constructor(
    private readonly folder: string,
    private readonly nats: NatsServer,
    private readonly environments: ReadonlyMap<string, NodeJS.ProcessEnv>,
    readonly origin: string,
  ) {}

  /** Where the revocation service keeps its record outside of the database. */
  get recordDir(): string {
    return join(this.folder, 'revocations');
  }

  /** Makes everything ready, and starts it. The database `stackrunner` must be there. */
  static async start(postgres: ForeignPostgres): Promise<Cluster> {
    const folder = temporaryFolder('cluster');
    for (const name of ['keys', 'revocations']) mkdirSync(join(folder, name));
    const nats = await startNatsServer();
    const [port, statusPort] = [await claimFreePort(), await claimFreePort()];
    const origin = `http://127.0.0.1:${port}`;
    const kms = {
      STACKRUNNER_KMS: 'local',
      STACKRUNNER_KMS_LOCAL_DIR: join(folder, 'keys'),
      STACKRUNNER_KMS_LOCAL_KEY_FILE: join(folder, 'keys.secret'),
    };
    const own = {
      gateway: {
        STACKRUNNER_PORT: String(port),
        STACKRUNNER_PUBLIC_URL: origin,
        STACKRUNNER_OPERATOR_TOKEN: operatorToken,
        STACKRUNNER_STATUS_URL: `http://127.0.0.1:${statusPort}`,
      },
      issuer: kms,
      provisioner: { ...kms, STACKRUNNER_KEY_POOL_SIZE: '0' },
      revocation: {
        ...kms,
        STACKRUNNER_STATUS_PORT: String(statusPort),
        STACKRUNNER_REVOCATION_RECORD_DIR: join(folder, 'revocations'),
      },
      billing: {},
    };
    const environments = new Map<string, NodeJS.ProcessEnv>();
    for (const service of serviceNames) {
      environments.set(service, {
        STACKRUNNER_DATABASE_URL: postgres.url(database, `stackrunner_${service}`),
        STACKRUNNER_MIGRATE_DATABASE_URL: postgres.url(database, 'postgres'),
        STACKRUNNER_NATS_URL: nats.url,
        STACKRUNNER_METRICS_PORT: '0',
        ...(service !== 'billing' && { STACKRUNNER_PKI_URL: `${origin}/pki` }),
        ...own[service],
      });
    }
    const cluster = new Cluster(folder, nats, environments, origin);
    try {
      await cluster.startServices();
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
    return cluster;
  }

  async startServices(): Promise<void> {
    const ready: Promise<void>[] = [];
    for (const [service, env] of this.environments) {
      const child = spawn(process.execPath, [`dist/apps/${service}/src/main.js`], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
      }
      this.#children.push(child);
      ready.push(untilReady(service, () => output));
    }
    await Promise.all(ready);
  }

  async stopServices(): Promise<void> {
    // The gateway first: what it accepted, the others still answer.
    for (const child of this.#children.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  }

  /** Runs the command line as an operator. @returns what it printed; throws what it complained about */
  cli(...args: string[]): Promise<string> {
    const env = {
      ...process.env,
      STACKRUNNER_URL: this.origin,
      STACKRUNNER_OPERATOR_TOKEN: operatorToken,
    };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, ['scripts/stackrunner.mjs', ...args], { env }, (error, stdout, stderr) =>
        error ? reject(new Error(stderr)) : resolve(stdout),
      );
    });
  }

  async post<T>(path: string, bearer: string, body: object): Promise<T> {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    const response = await fetch(this.origin + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async dispose(): Promise<void> {
    await this.stopServices();
    await this.nats.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** By the port that it says it has taken. */
async function untilReady(service: string, output: () => string): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(50)) {
    const port = /"operations_port":(\d+)/.exec(output())?.[1];
    if (port === undefined) continue;
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
    if (answer?.status === 200) return;
  }
  throw new Error(`${service} is not ready after two minutes:\n${output().slice(-2_000)}`);
}
