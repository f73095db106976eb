import { setTimeout as sleep } from 'node:timers/promises';
import { Product } from '../test/support/product.js';
import { cpuSeconds } from './lib/cpu.js';
import { type Benchmark, median, type Row } from './lib/report.js';
import { type StandIn, startStandIn } from './lib/stand-in.js';

const signUpsAtOnce = 50;
const wantedSeconds = 5;
/** What a product that has nothing to do takes at most. */
const restingCores = 0.15;
/** The pace of AWS KMS, and what a call takes on its way there. */
const cloud = { latencyMs: 20, creationsPerSecond: 5 };

interface CustomerPage {
  readonly customers: readonly { readonly handle: string; readonly status: string }[];
}

/** Seconds from the first request until each customer was active, the quickest first. */
async function rush(product: Product, name: string): Promise<number[]> {
  const bearer = product.operatorToken;
  const started = performance.now();
  const create = async (index: number): Promise<void> => {
    const body = { handle: `${name}-${index}` };
    const { status, text } = await product.request('/v1/admin/customers', { bearer, body });
    if (status !== 201) throw new Error(`no customer: ${text}`);
  };
  const creations = Promise.all(Array.from({ length: signUpsAtOnce }, (_, index) => create(index)));
  const active = new Map<string, number>();
  // One who asks seldom, and only about these: fifty who ask all the time would be what is measured.
  while (active.size < signUpsAtOnce) {
    await sleep(100);
    const answer = await product.request(`/v1/admin/customers?limit=${signUpsAtOnce}&page_token=${name}`, {
      bearer,
    });
    const seconds = (performance.now() - started) / 1_000;
    for (const { handle, status } of answer.json<CustomerPage>().customers) {
      if (!handle.startsWith(`${name}-`) || active.has(handle)) continue;
      if (status === 'active') active.set(handle, seconds);
    }
  }
  await creations;
  return [...active.values()];
}

/**
 * Waits until the keys of so many rushes are made, by a stand-in that holds nobody back meanwhile, and until every
 * process of the product has started: it rests.
 */
async function settled(standIn: StandIn, pid: number, rushes: number): Promise<void> {
  while ((await standIn.asked('create')) < 2 * signUpsAtOnce * rushes) await sleep(100);
  for (let spent = Number.POSITIVE_INFINITY; spent > restingCores; ) {
    const before = cpuSeconds(pid);
    await sleep(1_000);
    spent = cpuSeconds(pid) - before;
  }
}

/** Many sign-ups at once against a KMS that makes few keys a second, with a pool that has a key for each. */
export const signUps: Benchmark = {
  name: 'sign-ups',
  about: `${signUpsAtOnce} sign-ups at once until all are active, against a KMS that makes 5 keys a second`,
  run: async (): Promise<Row[]> => {
    const standIn = await startStandIn('aws');
    const env = { ...standIn.env, STACKRUNNER_KEY_POOL_SIZE: String(signUpsAtOnce) };
    const product = await Product.start({ env });
    try {
      const pid = product.child.pid ?? 0;
      await settled(standIn, pid, 1);
      // Until the compiler is done with what a sign-up runs through.
      await rush(product, 'first');
      await settled(standIn, pid, 2);
      standIn.limit(cloud);
      const before = { product: cpuSeconds(pid), standIn: cpuSeconds(standIn.pid) };
      const seconds = await rush(product, 'rush');
      const slowest = seconds.at(-1) ?? Number.NaN;
      const cpu = cpuSeconds(pid) - before.product;
      const standInCpu = cpuSeconds(standIn.pid) - before.standIn;
      return [
        {
          path: `${signUpsAtOnce} sign-ups at once, slowest until active`,
          measured: `${slowest.toFixed(1)} s, median ${median(seconds).toFixed(1)} s`,
          against: `${wantedSeconds} s (CPU ${cpu.toFixed(1)} s, of the stand-in ${standInCpu.toFixed(1)} s)`,
          ratio: slowest / wantedSeconds,
          atMost: 1,
        },
      ];
    } finally {
      await product.stop();
      standIn.stop();
    }
  },
};
