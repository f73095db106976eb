import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCsr, pemEncode } from '#libs/x509';
import { type Customer, Product } from '../support/product.js';
import { hasPromtool, promtoolFindings } from '../support/promtool.js';

const replica = 'replica="2"';

function csr(): string {
  const { csrDer } = createCsr({ commonName: 'pair', dnsNames: ['app.pair.internal'] });
  return pemEncode('CERTIFICATE REQUEST', csrDer);
}

/** Processes of the product that run the replica's program. */
function replicaPids(product: Product): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return rows
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [])
    .filter(([, , parent, args]) => Number(parent) === product.child.pid && args?.includes('replica.main'))
    .map(([, pid]) => Number(pid));
}

async function metrics(product: Product): Promise<string[]> {
  const url = /^ +metrics +(\S+)/m.exec(product.printed)?.[1] ?? '';
  return (await (await fetch(url)).text()).split('\n');
}

/** Certificates that a process has minted by its own count. */
async function minted(product: Product, isReplica: boolean): Promise<number> {
  const lines = (await metrics(product)).filter((line) => line.startsWith('stackrunner_mints_total'));
  const line = lines.find((each) => each.includes(replica) === isReplica);
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** Requests on connections of their own, so that both processes accept some, until the condition holds. */
async function mintUntil(
  product: Product,
  customer: Customer,
  done: () => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for (const until = Date.now() + 60_000; Date.now() < until; count += 8) {
    if (await done()) return count;
    const headers = { connection: 'close' };
    const body = { version: 'v1', csr_pems: [csr()], ttl: '1h' };
    const { bearer, handle } = customer;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => product.request(`/${handle}/mint`, { bearer, body, headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  }
  throw new Error('not within a minute');
}

describe('standalone in two processes', () => {
  let product: Product;
  let customer: Customer;

  beforeAll(async () => {
    product = await Product.start({ env: { STACKRUNNER_PROCESSES: '2', STACKRUNNER_LOG_LEVEL: 'fatal' } });
    customer = await product.unlimitedCustomer('pair');
  }, 120_000);
  afterAll(async () => {
    await product?.stop();
  }, 60_000);

  it('mints in both, and counts exactly over both', async () => {
    const before = (await minted(product, true)) + (await minted(product, false));
    const count = await mintUntil(product, customer, async () => (await minted(product, true)) > 8);
    expect((await minted(product, true)) + (await minted(product, false))).toBe(before + count);
    const shown = JSON.parse((await product.cli(['customer', 'show', 'pair', '--json'])).stdout);
    expect(shown.used.this_month).toBe(count);
  }, 120_000);

  it('does ceremonies in both', async () => {
    const stepsOfReplica = async () =>
      (await metrics(product)).filter(
        (line) => /^stackrunner_ceremony_steps_total/.test(line) && line.includes(replica),
      );
    for (let round = 0; (await stepsOfReplica()).length === 0; round++) {
      expect(round).toBeLessThan(20);
      const handles = Array.from({ length: 8 }, (_, index) => `both-${round}-${index}`);
      const made = await Promise.all(handles.map((handle) => product.cli(['customer', 'create', handle])));
      expect(made.map(({ code }) => code)).toEqual(Array(8).fill(0));
    }
  }, 120_000);

  (hasPromtool ? it : it.skip)('leaves promtool nothing to find in the metrics of both', async () => {
    const exposition = (await metrics(product)).join('\n');
    expect(exposition).toContain(replica);
    expect(promtoolFindings(exposition)).toBe('');
  });

  it('cuts an old bearer off in both within a second', async () => {
    const rotated = await product.cli(['customer', 'rotate-bearer', 'pair', '--json']);
    const { bearer } = JSON.parse(rotated.stdout) as { bearer: string };
    await sleep(1_000);
    const body = { version: 'v1', csr_pems: [csr()], ttl: '1h' };
    const headers = { connection: 'close' };
    const old = await Promise.all(
      Array.from({ length: 24 }, () =>
        product.request('/pair/mint', { bearer: customer.bearer, body, headers }),
      ),
    );
    expect(new Set(old.map(({ status }) => status))).toEqual(new Set([401]));
    customer = { ...customer, bearer };
  }, 60_000);

  it('goes on when the second is killed, and starts it again', async () => {
    const [pid = 0] = replicaPids(product);
    expect(pid).toBeGreaterThan(0);
    process.kill(pid, 'SIGKILL');
    while (replicaPids(product).includes(pid)) await sleep(20);
    await mintUntil(product, customer, async () => {
      const [successor] = replicaPids(product);
      return successor !== undefined && successor !== pid && (await minted(product, true)) > 0;
    });
    expect(await product.end('SIGTERM')).toBe(0);
    expect(replicaPids(product)).toEqual([]);
  }, 120_000);
});
