import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Steps } from '../steps.js';
import { chainWitness } from './chain-witness.js';
import { demoCsr } from './demo-csr.js';
import { type Minted, type ProductClient, RefusedError } from './product-client.js';

const handle = 'demo';

export interface DemoOptions {
  readonly client: ProductClient;
  readonly steps: Steps;
  /** Folder that keeps the demo's bearer, key, request and certificate, as a user's own folder would. */
  readonly folder: string;
  readonly origin: string;
}

/**
 * Walks the main job as a user does, over HTTP: the customer `demo` gets its CA, mints one certificate and a
 * batch of ten, and every chain is verified.
 *
 * @returns what to print for the user: the bearer on the first start, and command lines to paste
 */
export async function runDemo(options: DemoOptions): Promise<string[]> {
  try {
    return await walk(options);
  } catch (error) {
    // An operator has suspended demo, rotated its bearer or spent its quota: theirs to do, and no reason not to serve.
    if (!(error instanceof RefusedError)) throw error;
    return [`The demo did not mint: ${error.message}`];
  }
}

async function walk({ client, steps, folder, origin }: DemoOptions): Promise<string[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const bearerFile = join(folder, 'bearer');
  const created = await steps.run(
    'customer demo',
    () => client.createCustomer(handle),
    (customer) => (customer ? 'created' : 'there already'),
  );
  await steps.run(
    'ceremony',
    () => client.untilActive(handle),
    (customer) => `root and intermediate: ${customer.status}`,
  );
  const fresh =
    created?.bearer ?? (existsSync(bearerFile) ? undefined : (await client.rotateBearer(handle)).bearer);
  if (fresh) writeFileSync(bearerFile, fresh, { mode: 0o600 });
  const bearer = readFileSync(bearerFile, 'utf8').trim();

  const leaf = demoCsr('app-1.demo.internal');
  const single = await steps.run(
    'mint one',
    () => client.mint(handle, bearer, { csrs: [leaf.csrPem], ttl: '1d' }),
    ({ certs }) => `serial ${certs[0]?.serial}`,
  );
  const ten = Array.from({ length: 10 }, (_, i) => demoCsr(`app-${i + 1}.demo.internal`).csrPem);
  const batch = await steps.run(
    'mint a batch of ten',
    () => client.mint(handle, bearer, { csrs: ten, ttl: '7d' }),
    ({ batch_id }) => `batch ${batch_id}`,
  );
  await steps.run(
    'verify every chain',
    async () => verifyAll([single, batch]),
    ({ count, witness }) => `${count} leaves, by ${witness}`,
  );
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  file('leaf.key', leaf.keyPem);
  file('leaf.csr', leaf.csrPem);
  file('leaf.crt', single.certs[0]?.cert_pem ?? '');
  file('chain.pem', single.chain);
  return farewell({ origin, folder, bearerFile, bearer: fresh, serial: single.certs[0]?.serial ?? '' });
}

async function verifyAll(answers: readonly Minted[]): Promise<{ count: number; witness: string }> {
  const witness = await chainWitness();
  for (const { certs, chain } of answers) {
    await witness.verify(
      certs.map(({ cert_pem }) => cert_pem),
      chain,
    );
  }
  const count = answers.reduce((sum, { certs }) => sum + certs.length, 0);
  return { count, witness: witness.name };
}

interface Farewell {
  readonly origin: string;
  readonly folder: string;
  readonly bearerFile: string;
  readonly bearer: string | undefined;
  readonly serial: string;
}

function farewell({ origin, folder, bearerFile, bearer, serial }: Farewell): string[] {
  const authorization = `-H "Authorization: Bearer $(cat '${bearerFile}')"`;
  const shown = bearer
    ? `Bearer of demo, shown this once:  ${bearer}`
    : 'Bearer of demo: shown at the first start; `npx stackrunner customer rotate-bearer demo` makes a new one.';
  return [
    shown,
    '',
    'Try it:',
    `  curl -sS ${authorization} -H 'Content-Type: application/x-pem-file' --data-binary '@${join(folder, 'leaf.csr')}' ${origin}/7d/demo/mint`,
    `  curl -sS ${origin}/pki/demo/ca/chain.pem`,
    `  curl -sS ${origin}/pki/demo/cert/${serial}`,
  ];
}
