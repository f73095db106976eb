import { randomSecret, sha256Hex } from '#libs/x509';
import { BearerAuthenticator } from '../apps/gateway/src/auth/bearer.authenticator.js';
import { BearerCache } from '../apps/gateway/src/auth/bearer-cache.js';
import type { BearerPrincipal } from '../apps/gateway/src/auth/principal.js';
import { cpuSeconds } from './lib/cpu.js';
import { csrPool, mintBodies } from './lib/csr-pool.js';
import { load } from './lib/load.js';
import { mintingProduct } from './lib/minting-product.js';
import { type Benchmark, median, type Row } from './lib/report.js';

const rounds = 5;
const seconds = 2;
const times = 200_000;
const customers = 1_000;

/** CPU microseconds that a bearer takes which the cache knows. */
async function authentication(): Promise<number> {
  const clock = { now: () => Date.now() };
  const cache = new BearerCache({ clock });
  const repository = { find: () => Promise.reject(new Error('Everything is cached.')) };
  const metrics = { bearerLookedUp: () => undefined };
  const authenticator = new BearerAuthenticator(cache, repository as never, metrics as never, clock);
  const headers = Array.from({ length: customers }, (_, index) => {
    const bearer = randomSecret();
    const hash = sha256Hex(Buffer.from(bearer, 'latin1'));
    const who = { customerId: String(index), handle: `c-${index}`, status: 'active', tier: 'dev' } as const;
    const principal: BearerPrincipal = { kind: 'bearer', hash, ...who };
    cache.put(hash, principal, cache.mark);
    return `Bearer ${bearer}`;
  });
  const run = () => {
    for (let i = 0; i < times; i += 1) authenticator.authenticate(headers[i % customers]);
  };
  run();
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}

/** Server CPU of a leaf by a scoped credential, against one by the master bearer, in turn. */
async function signLeafAgainstMint(): Promise<number> {
  const { product, pid, url, headers } = await mintingProduct({
    mode: 'standalone',
    env: { STACKRUNNER_PROCESSES: '1' },
  });
  try {
    const made = await product.request('/v1/credentials', { headers, body: { modes: ['sign_leaf'] } });
    if (made.status !== 201) throw new Error(`no credential: ${made.text}`);
    const { bearer, cert_id } = made.json<{ bearer: string; cert_id: string }>();
    const pool = csrPool(2_000);
    const mint = { bodies: mintBodies(pool, 1), headers, connections: 32, seconds };
    const scoped = {
      ...mint,
      bodies: pool.map((pem) => JSON.stringify({ version: 'v1', cert_id, csr_pems: [pem], ttl: '1d' })),
      headers: { ...headers, authorization: `Bearer ${bearer}` },
    };
    const cost = async (path: string, plan: typeof mint) => {
      const before = cpuSeconds(pid);
      const { requests } = await load(path, plan);
      return (cpuSeconds(pid) - before) / requests;
    };
    const ratios: number[] = [];
    await load(url, mint);
    await load(`${product.origin}/v1/sign-leaf`, scoped);
    for (let round = 0; round < rounds; round += 1) {
      const ours = await cost(`${product.origin}/v1/sign-leaf`, scoped);
      ratios.push(ours / (await cost(url, mint)));
    }
    return median(ratios);
  } finally {
    await product.stop();
  }
}

export const credentials: Benchmark = {
  name: 'credentials',
  about: 'what it costs to know a bearer, and to issue by a scoped credential',
  async run(): Promise<Row[]> {
    const micros = await authentication();
    const ratio = await signLeafAgainstMint();
    return [
      {
        path: 'a bearer that is known',
        measured: `${micros.toFixed(2)} µs`,
        against: '20 µs',
        ratio: micros / 20,
        atMost: 1,
      },
      {
        path: 'sign-leaf',
        measured: `${ratio.toFixed(2)} × the server CPU of a mint`,
        against: 'mint',
        ratio,
        atMost: 1.1,
      },
    ];
  },
};
