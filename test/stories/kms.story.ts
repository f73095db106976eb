import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  requireTool,
  startAwsDouble,
  startAzureDouble,
  startGoogleDouble,
  startMinistack,
  startSoftHsm,
  startVaultDouble,
} from '#libs/testing';
import { Openssl } from '../support/openssl.js';
import { Product, type Refusal, temporaryFolder } from '../support/product.js';
import { story } from '../support/story.js';

type Env = Readonly<Record<string, string>>;
interface Started {
  readonly env: Env;
  close(): Promise<void> | void;
}

const ministack = requireTool('ministack', 'node scripts/tools/ministack.mjs');
const softHsm = requireTool('softhsm2-util', 'apt-get install softhsm2');

const backends: readonly { readonly name: string; readonly start?: () => Promise<Started> }[] = [
  {
    name: 'aws',
    ...(ministack && {
      start: async () => {
        const server = await startMinistack();
        return { env: server.freshAccount(), close: server.stop };
      },
    }),
  },
  { name: 'google', start: () => startGoogleDouble() },
  {
    name: 'pkcs11',
    ...(softHsm && {
      start: async () => {
        const hsm = startSoftHsm();
        return { env: hsm.env, close: hsm.dispose };
      },
    }),
  },
  { name: 'azure', start: () => startAzureDouble() },
  { name: 'vault', start: () => startVaultDouble() },
];

interface Demo {
  readonly code: number;
  readonly output: string;
}

async function demoWith(name: string, start: () => Promise<Started>): Promise<Demo> {
  const kms = await start();
  const dataDir = temporaryFolder(name);
  try {
    return await demo(kms.env, dataDir);
  } finally {
    await kms.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** `npm start -- --once` with keys elsewhere: the whole demo, its chains verified by OpenSSL. */
async function demo(env: Env, dataDir: string): Promise<Demo> {
  const child = spawn(process.execPath, ['scripts/start.mjs', '--once'], {
    env: {
      ...process.env,
      STACKRUNNER_PORT: '0',
      STACKRUNNER_METRICS_PORT: '0',
      STACKRUNNER_LOG_LEVEL: 'error',
      STACKRUNNER_DATA_DIR: dataDir,
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = await once(child, 'close');
  return { code: Number(code), output };
}

describe('CA keys in a key management service', () => {
  const openssl = new Openssl();
  afterAll(() => openssl.dispose());

  /** Two at once: a start waits for its database half of the time. */
  const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
  const demos = new Map<string, Promise<Demo>>();
  beforeAll(() => {
    for (const [index, { name, start }] of backends.entries()) {
      if (!start) continue;
      const lane = index % lanes.length;
      const running = (lanes[lane] ?? Promise.resolve()).then(() => demoWith(name, start));
      demos.set(name, running);
      lanes[lane] = running.catch(() => undefined);
    }
  });

  for (const { name, start } of backends) {
    const tell = start ? it : it.skip;
    tell(
      `the demo runs with STACKRUNNER_KMS=${name}`,
      async () => {
        expect(await demos.get(name)).toEqual({
          code: 0,
          output: expect.stringMatching(/verify every chain +11 leaves/),
        });
      },
      120_000,
    );
  }

  story(
    "a customer's keys are in its own AWS account: when it takes its trust back, mints are refused and nothing is lost",
    async (step) => {
      const aws = await startAwsDouble();
      const role = 'arn:aws:iam::111122223333:role/stackrunner';
      aws.roles.set(role, { arn: role, externalId: 'acme-1' });
      const { STACKRUNNER_KMS: _, ...env } = aws.env;
      const product = await step('the product starts with local keys', () => Product.start({ env }));
      try {
        const home = `aws?role=${role}&external_id=acme-1`;
        const guest = await step('a customer brings its own account', () =>
          product.customer('guest', '--key-home', home),
        );
        const house = await step('another has the default', () => product.customer('house'));
        const csr = await openssl.csr({ san: 'DNS:app-1.internal' });
        const first = await step('both mint', async () => {
          await product.mint(house, [csr], '7d');
          return product.mint(guest, [csr], '7d');
        });
        aws.roles.delete(role);
        const refused = await step('the customer takes its trust back', () =>
          product.request(`/${guest.handle}/mint`, {
            bearer: guest.bearer,
            body: { version: 'v1', csr_pems: [csr], ttl: '7d' },
          }),
        );
        expect(refused.status).toBe(503);
        expect(refused.json<Refusal>().error.code).toBe('signer_unavailable');
        await step('the other customer mints on', () => product.mint(house, [csr], '7d'));
        await step('the operator sees which customer, and why', () => {
          expect(product.printed).toContain('the key of this customer does not sign');
          // A process that has a session is refused by KMS, one that has none by STS.
          expect(product.printed).toMatch(/sts:AssumeRole|is not trusted/);
        });
        const shown = async (handle: string) => {
          const { stdout } = await product.cli(['customer', 'show', handle, '--json']);
          return JSON.parse(stdout).key_problem;
        };
        await step('and asks for it later, too', async () => {
          expect(await shown('guest')).toMatchObject({
            key: expect.stringContaining(role),
            reason: 'permission_denied',
          });
          expect(await shown('house')).toBeNull();
          const { stdout } = await product.cli(['customer', 'show', 'guest']);
          expect(stdout).toMatch(/^key fails +permission_denied since \S+Z, last \S+Z: AWS KMS: .+/m);
        });
        await step('what was minted is there', async () => {
          const serial = first.certs[0]?.serial;
          const known = await product.request(`/pki/${guest.handle}/cert/${serial}`);
          expect(known.json()).toMatchObject({ status: 'active' });
        });
        aws.roles.set(role, { arn: role, externalId: 'acme-1' });
        const next = await step('trust is back', () => product.mint(guest, [csr], '7d'));
        expect(next.certs[0]?.serial).not.toBe(first.certs[0]?.serial);
        await step('nothing is wrong any more', async () => {
          while ((await shown('guest')) !== null) await sleep(200);
        });
      } finally {
        await product.stop();
        await aws.close();
      }
    },
    120_000,
  );
});
