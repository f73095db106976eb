import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';

/** ministack: AWS KMS in a process of its own (https://pypi.org/project/ministack/). */
export interface Ministack {
  readonly endpoint: string;
  /** The environment of an account that is still empty. */
  freshAccount(): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const startTimeoutMs = 30_000;

/** @param program its path; `scripts/tools/ministack.mjs` installs it */
export async function startMinistack(program = 'ministack', wanted = 0): Promise<Ministack> {
  const port = wanted || (await freePort());
  const env = { ...process.env, BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port) };
  const child = spawn(program, [], { env, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + startTimeoutMs; ; await sleep(100)) {
    if (failure) throw failure;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('ministack did not start.');
    const up = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (up) break;
  }
  return {
    endpoint,
    freshAccount: () => ({
      STACKRUNNER_KMS: 'aws',
      AWS_REGION: 'eu-central-1',
      // Twelve digits are taken as the account.
      AWS_ACCESS_KEY_ID: String(randomInt(100_000_000_000, 281_000_000_000_000)).slice(0, 12),
      AWS_SECRET_ACCESS_KEY: 'ministack',
      AWS_ENDPOINT_URL_KMS: endpoint,
    }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
