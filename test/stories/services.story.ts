import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { natsExample } from '#libs/testing';
import { Openssl } from '../support/openssl.js';
import { servicesOf } from '../support/processes.js';
import { type Customer, type Minted, Product } from '../support/product.js';
import { hasPromtool, promtoolFindings } from '../support/promtool.js';
import { story } from '../support/story.js';

describe('five services over NATS', () => {
  const openssl = new Openssl();
  let product: Product;
  let acme: Customer;
  let csr: string;

  const services = () => servicesOf(product.dataDir);
  const mint = () =>
    product.request(`/1h/${acme.handle}/mint`, {
      bearer: acme.bearer,
      body: { version: 'v1', csr_pems: [csr] },
    });

  const readyAgain = async (service: string, before: number | null | undefined) => {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) {
      const { pids, metricsPorts } = services();
      if (!pids[service] || pids[service] === before) continue;
      const ready = await fetch(`http://127.0.0.1:${metricsPorts[service]}/ready`).catch(() => undefined);
      if (ready?.status === 200) return;
    }
    throw new Error(`${service} is not ready after 30 s`);
  };

  beforeAll(async () => {
    product = await Product.start({ mode: 'services', env: { STACKRUNNER_LOG_LEVEL: 'error' } });
    acme = await product.customer('acme');
    await product.cli(['customer', 'set-limits', 'acme', '--per-minute', 'unlimited']);
    csr = await openssl.csr({ san: 'DNS:a.acme.internal' });
  }, 120_000);
  afterAll(async () => {
    openssl.dispose();
    await product?.stop();
  }, 60_000);

  it('mint, each as its own process', async () => {
    const minted = await product.mint(acme, [csr, csr], '1d');
    await openssl.verify(minted);
    expect(minted.batch_id).toBe('acme-#1');
    const { pids } = services();
    const names = ['nats', 'gateway', 'issuer', 'provisioner', 'revocation', 'billing'];
    expect(Object.keys(pids).sort()).toEqual(names.sort());
    expect(new Set(Object.values(pids)).size).toBe(names.length);
  });

  it('serve health, readiness and metrics on a port each', async () => {
    const { metricsPorts } = services();
    for (const [service, port] of Object.entries(metricsPorts)) {
      const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
      expect([service, (await get('/health')).status, (await get('/ready')).status]).toEqual([
        service,
        200,
        200,
      ]);
      expect(await (await get('/metrics')).text()).toContain('# TYPE stackrunner_');
    }
  });

  (hasPromtool ? it : it.skip)('leave promtool nothing to find in their metrics', async () => {
    for (const [service, port] of Object.entries(services().metricsPorts)) {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect([service, promtoolFindings(metrics)]).toEqual([service, '']);
    }
  });

  it.each(['python', 'go'] as const)(
    'mint for a foreign program in %s',
    async (language) => {
      const example = await natsExample(language);
      if (example.missing !== undefined) {
        console.warn(example.missing);
        return;
      }
      const { url, user, password } = JSON.parse(readFileSync(join(product.dataDir, 'nats.json'), 'utf8'));
      const file = openssl.file('foreign.csr', csr);
      const outcome = await example.mint({
        nats: url,
        user,
        password,
        handle: 'acme',
        csr: file,
        ttlSeconds: 3_600,
      });
      expect(outcome).toMatchObject({ code: 0 });
      expect(await openssl.text(outcome.stdout)).toContain('DNS:a.acme.internal');
    },
    180_000,
  );

  story(
    'a service that is told to end loses no request',
    async (step) => {
      let stopped = false;
      const statuses: number[] = [];
      const client = async () => {
        while (!stopped) statuses.push((await mint()).status);
      };
      const clients = [client(), client(), client(), client()];
      for (const service of ['issuer', 'billing', 'revocation', 'provisioner']) {
        await step(`SIGTERM to ${service}`, async () => {
          const before = services().pids[service];
          if (before) process.kill(before, 'SIGTERM');
          // One at a time, as a rolling update does it.
          await readyAgain(service, before);
          await sleep(500);
        });
      }
      stopped = true;
      await Promise.all(clients);
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
    120_000,
  );

  it('comes back by itself when the issuer is killed', async () => {
    const before = services().pids.issuer;
    if (before) process.kill(before, 'SIGKILL');
    const order = { version: 'v1', csr_pems: [csr], ttl: '1h' };
    for (const deadline = Date.now() + 30_000; ; await sleep(100)) {
      const answer = await product.request('/acme/mint', {
        bearer: acme.bearer,
        body: order,
        headers: { 'idempotency-key': 'after-the-kill' },
      });
      if (answer.status === 200) {
        expect(answer.json<Minted>().certs).toHaveLength(1);
        break;
      }
      expect(answer.status).toBe(503);
      if (Date.now() > deadline) throw new Error(`no mint within 30 s: ${answer.text}`);
    }
    expect(services().pids.issuer).not.toBe(before);
  }, 60_000);
});
