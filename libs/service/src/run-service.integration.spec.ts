import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type NatsServer, startNatsServer, type TestDatabase, testDatabase } from '#libs/testing';

const timeoutMs = 60_000;
const index = pathToFileURL(join(process.cwd(), 'dist/libs/service/src/index.js')).href;

/** A service whose only work is to take 200 ms to stop. */
const script = `
  import { runService } from ${JSON.stringify(index)};
  class CreateThing1700000000000 {
    up(queryRunner) { return queryRunner.query('CREATE TABLE billing.thing ()'); }
    down() {}
  }
  const start = async ({ logger }) => ({
    name: 'billing',
    ready: async () => ({ ready: true, checks: { cache: { ready: true } } }),
    stop: async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      logger.info('finished what was accepted');
    },
  });
  await runService('billing', { migrations: { service: 'billing', migrations: [CreateThing1700000000000] }, start });
`;

class ServiceProcess {
  output = '';
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(env: Record<string, string>) {
    this.#child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.ended = once(this.#child, 'close').then(([code]) => code);
  }

  /** From its operations server. */
  get(path: string): Promise<Response> {
    const port = /"operations_port":(\d+)/.exec(this.output)?.[1];
    return fetch(`http://127.0.0.1:${port}${path}`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async says(words: string): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!this.output.includes(words)) {
      if (Date.now() > deadline) throw new Error(`it did not say ${words}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describe('a service as a process', () => {
  let database: TestDatabase;
  let nats: NatsServer;
  let processes: ServiceProcess[] = [];

  beforeAll(async () => {
    [database, nats] = await Promise.all([testDatabase(), startNatsServer()]);
  }, timeoutMs);
  afterEach(async () => {
    for (const each of processes) each.kill('SIGKILL');
    await Promise.all(processes.map(({ ended }) => ended));
    processes = [];
  });
  afterAll(async () => {
    await nats?.dispose();
    await database?.drop();
  }, timeoutMs);

  function run(env: Record<string, string> = {}): ServiceProcess {
    const started = new ServiceProcess({
      STACKRUNNER_DATABASE_URL: database.url('billing'),
      STACKRUNNER_NATS_URL: nats.url,
      STACKRUNNER_METRICS_PORT: '0',
      ...env,
    });
    processes.push(started);
    return started;
  }

  it(
    'stops with one line and exit code 1 when its configuration cannot be used',
    async () => {
      const wrong = run({ STACKRUNNER_NATS_URL: 'http://nats' });
      expect(await wrong.ended).toBe(1);
      expect(wrong.output).toBe('STACKRUNNER_NATS_URL must be a URL that starts with nats:// or tls://.\n');
    },
    timeoutMs,
  );

  it(
    'waits for its schema, healthy and not ready, and drains at SIGTERM',
    async () => {
      const waiting = run();
      await waiting.says('waiting for the database');
      expect((await waiting.get('/health')).status).toBe(200);
      const early = await waiting.get('/ready');
      expect(early.status).toBe(503);
      expect(await early.json()).toMatchObject({
        details: { database: { status: 'down' }, service: { status: 'down', message: 'starting' } },
      });

      const migrating = run({ STACKRUNNER_MIGRATE_DATABASE_URL: database.ownerUrl });
      await Promise.all([migrating.says('serving'), waiting.says('serving')]);
      const ready = await waiting.get('/ready');
      expect(await ready.json()).toMatchObject({
        status: 'ok',
        details: { cache: { status: 'up' }, database: { status: 'up' }, nats: { status: 'up' } },
      });
      expect(await (await waiting.get('/metrics')).text()).toContain('process_cpu_seconds_total');

      waiting.kill('SIGTERM');
      await waiting.says('draining');
      expect(await waiting.ended).toBe(0);
      expect(waiting.output).toContain('finished what was accepted');
      expect(waiting.output).not.toContain('for-tests-only');
      migrating.kill('SIGINT');
      expect(await migrating.ended).toBe(0);
    },
    timeoutMs,
  );

  it(
    'ends cleanly when it is stopped while it still waits',
    async () => {
      const waiting = run({ STACKRUNNER_DATABASE_URL: 'postgres://x:y@127.0.0.1:1/x' });
      await waiting.says('waiting for the database');
      waiting.kill('SIGTERM');
      expect(await waiting.ended).toBe(0);
    },
    timeoutMs,
  );
});
