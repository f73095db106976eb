import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, mainThreadSeconds, memoryMb } from './lib/cpu.js';
import type { MintingProduct } from './lib/minting-product.js';
import { ocspLoad } from './lib/ocsp-load.js';
import { type Benchmark, median, type Row } from './lib/report.js';
import { askAll, mint, ocspRequest, statusOrigin } from './revocation/issued.js';
import { type StockedProduct, stockedProduct } from './revocation/scale.js';

const few = 1_000;
const mostRevoked = 1_000_000;
const bulk = 100_000;
const known = 1_000;
const rounds = 5;
const revocationsOfRound = 50;

interface Side {
  readonly product: StockedProduct;
  /** Known to OCSP. */
  readonly requests: readonly Buffer[];
  /** Still good. */
  readonly serials: string[];
}

async function sideOf(product: StockedProduct): Promise<Side> {
  const { issuer, serials } = await mint(product, known);
  const requests = serials.map((serial) => ocspRequest(issuer, serial));
  await askAll(`${statusOrigin(product)}/pki/${product.handle}/ocsp`, requests);
  // Some were made before its certificates were in its tables.
  const regenerate = `/v1/admin/crl/cache/${product.handle}/regenerate`;
  await product.product.request(regenerate, { method: 'POST', bearer: product.product.operatorToken });
  return { product, requests, serials: [...serials] };
}

/** CPU microseconds an answer, and answers a second. */
async function askOcsp(product: MintingProduct, requests: readonly Buffer[]) {
  const before = mainThreadSeconds(product.pid);
  const path = `/pki/${product.handle}/ocsp`;
  const plan = { origin: statusOrigin(product), path, method: 'GET', requests, seconds: 1 } as const;
  const { rate, requests: answered } = await ocspLoad(plan);
  return { rate, cpu: ((mainThreadSeconds(product.pid) - before) / answered) * 1e6 };
}

interface CrlPage {
  readonly crls: readonly { file: string; revoked_count: number }[];
  readonly next_page_token?: string;
}

/** Certificates in the full CRLs of all shards. */
async function listedInCrls({ product, handle }: MintingProduct): Promise<number> {
  let listed = 0;
  let page: string | undefined = '';
  while (page !== undefined) {
    const path = `/v1/admin/crl/cache?handle=${handle}&limit=500${page && `&page_token=${page}`}`;
    const answer = await product.request(path, { bearer: product.operatorToken });
    const { crls, next_page_token } = answer.json<CrlPage>();
    for (const { file, revoked_count: count } of crls) listed += file.includes('delta') ? 0 : count;
    page = next_page_token;
  }
  return listed;
}

/** CPU milliseconds of the whole product for one revocation, with the full and the delta CRL that it causes. */
async function revokeSome({ product, serials }: Side): Promise<number> {
  const { headers, handle } = product;
  const listed = await listedInCrls(product);
  const before = cpuSeconds(product.pid);
  for (const serial of serials.splice(0, revocationsOfRound)) {
    const body = JSON.stringify({ serial, reason: 'superseded' });
    const response = await fetch(`${product.product.origin}/${handle}/revoke`, {
      method: 'POST',
      headers,
      body,
    });
    if (!response.ok) throw new Error(`revoke answered ${response.status}: ${await response.text()}`);
  }
  // CRLs are made a fifth of a second later.
  await sleep(2_000);
  const spent = cpuSeconds(product.pid) - before;
  const added = (await listedInCrls(product)) - listed;
  if (added !== revocationsOfRound) throw new Error(`only ${added} revocations are in full CRLs`);
  return (spent / revocationsOfRound) * 1e3;
}

/** Seconds from asking until the job is done; its progress is seen on the way. */
async function bulkRevoke({ product, handle }: MintingProduct): Promise<{ seconds: number; looks: number }> {
  const bearer = product.operatorToken;
  const path = `/v1/admin/customers/${handle}/bulk-revoke`;
  const started = performance.now();
  const body = {
    criteria: { issued_before: new Date(Date.now() + 1_000).toISOString() },
    reason: 'superseded',
  };
  const { job_id: job } = (await product.request(path, { bearer, body })).json<{ job_id: string }>();
  const seen = new Set<number>();
  for (;;) {
    await sleep(500);
    const answer = await product.request(`${path}/${job}`, { bearer });
    const { status, revoked } = answer.json<{ status: string; revoked: number }>();
    seen.add(revoked);
    if (status !== 'done') continue;
    if (revoked < bulk) throw new Error(`only ${revoked} were revoked`);
    return { seconds: (performance.now() - started) / 1000, looks: seen.size };
  }
}

async function bulkRow(): Promise<Row> {
  const product = await stockedProduct({ issued: bulk, revoked: 0 });
  try {
    const { seconds, looks } = await bulkRevoke(product);
    return {
      path: `bulk revocation of ${bulk / 1000} k`,
      measured: `${seconds.toFixed(1)} s, progress seen ${looks} times`,
      against: '60 s',
      ...{ ratio: seconds / 60, atMost: 1 },
    };
  } finally {
    await product.end();
  }
}

/** Both in turn: their ratios hold when the machine's speed drifts. */
async function compare(many: number): Promise<Row[]> {
  const small = await sideOf(await stockedProduct({ issued: few, revoked: few / 2 }));
  const large = await sideOf(
    await stockedProduct({ issued: many, revoked: Math.min(many / 2, mostRevoked) }),
  );
  try {
    const asked: { small: { rate: number; cpu: number }; large: { rate: number; cpu: number } }[] = [];
    const revoked: { small: number; large: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const [a, b] = [small, large].map(
        ({ product, requests }) =>
          () =>
            askOcsp(product, requests),
      );
      if (a && b) asked.push({ small: await a(), large: await b() });
      revoked.push({ small: await revokeSome(small), large: await revokeSome(large) });
    }
    const name = `${many / 1e6} M certificates`;
    const [smallMb, largeMb] = [memoryMb(small.product.pid), memoryMb(large.product.pid)];
    const figure = (of: 'small' | 'large') => `${Math.round(median(asked.map((each) => each[of].rate)))}/s`;
    const cost = (of: 'small' | 'large') => `${median(revoked.map((each) => each[of])).toFixed(1)} ms CPU`;
    return [
      {
        ...{ path: `OCSP with ${name}`, measured: figure('large'), against: `with 1 k ${figure('small')}` },
        ...{ ratio: median(asked.map(({ large, small }) => large.rate / small.rate)), atLeast: 0.9 },
      },
      {
        ...{
          path: `a revocation among ${name}`,
          measured: cost('large'),
          against: `among 1 k ${cost('small')}`,
        },
        ...{ ratio: median(revoked.map(({ large, small }) => large / small)), atMost: 1.25 },
      },
      {
        path: `${name}: PostgreSQL, and memory of the product with it`,
        measured: `${Math.round(large.product.octetsEach)} octets each, ${Math.round(largeMb)} MB`,
        against: `with 1 k ${Math.round(smallMb)} MB`,
      },
    ];
  } finally {
    await small.product.end();
    await large.product.end();
  }
}

export const revocationMillion: Benchmark = {
  name: 'revocation-1m',
  about:
    'OCSP and revocations with a million certificates against a thousand, and 100,000 revoked in bulk (minutes)',
  run: async () => [...(await compare(1_000_000)), await bulkRow()],
};

export const revocationTenMillion: Benchmark = {
  name: 'revocation-10m',
  about: 'the same with ten million certificates, a million of them revoked (minutes, 10 GB of disk)',
  run: () => compare(10_000_000),
};
