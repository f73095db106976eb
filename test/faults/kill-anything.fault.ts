import { setTimeout as sleep } from 'node:timers/promises';
import { createCsr, pemEncode } from '#libs/x509';
import { killed, postmasterPid, servicesOf } from '../support/processes.js';
import { type Minted, Product } from '../support/product.js';
import { SteadyClient } from './steady-client.js';

/** How often something is killed: `FAULT_KILLS=500 npm test -- faults` for a long night. */
const kills = Number(process.env.FAULT_KILLS ?? 50);
const victims = ['issuer', 'gateway', 'nats', 'postgresql'] as const;
const clients = 4;
const killsInARow = 5;

function killAny(product: Product): boolean {
  const { dataDir } = product;
  const victim = victims[Math.floor(Math.random() * victims.length)] ?? 'issuer';
  return killed(() => (victim === 'postgresql' ? postmasterPid(dataDir) : servicesOf(dataDir).pids[victim]));
}

describe('killing the issuer, the gateway, NATS or PostgreSQL at random moments under load', () => {
  let product: Product;

  beforeAll(async () => {
    product = await Product.start({ mode: 'services', env: { STACKRUNNER_LOG_LEVEL: 'fatal' } });
  }, 120_000);
  afterAll(async () => {
    await product?.stop();
  }, 60_000);

  it(
    `loses no certificate and double-issues none in ${kills} kills`,
    async () => {
      const customer = await product.unlimitedCustomer('steady');
      const csrs = Array.from({ length: 64 }, (_, i) => {
        const { csrDer } = createCsr({ commonName: 'steady', dnsNames: [`app-${i}.steady.internal`] });
        return pemEncode('CERTIFICATE REQUEST', csrDer);
      });
      const steady = Array.from(
        { length: clients },
        (_, i) => new SteadyClient({ product, customer, csrs, name: `client-${i}` }),
      );
      const running = steady.map((client) => client.run());
      for (let done = 0; done < kills; ) {
        await sleep(100 + Math.random() * 700);
        if (!killAny(product)) continue;
        done += 1;
        // Most kills hit a service that is still coming back; now and then it must have come back by itself.
        if (done % killsInARow === 0) await everyClientServed(steady);
      }
      await everyClientServed(steady);
      for (const client of steady) client.stop();
      await Promise.all(running);

      expect(steady.flatMap(({ faults }) => faults)).toEqual([]);
      const orders = steady.flatMap((client) => client.orders);
      // A kill that no order felt proves nothing.
      expect(orders.some(({ tries }) => tries > 1)).toBe(true);

      // No key has two issuances: an order that took several tries gives again what it gave.
      for (const { key, body, minted } of orders.filter(({ tries }) => tries > 1)) {
        expect((await steady[0]?.send(key, body))?.json()).toEqual(minted);
      }
      const serials = orders.flatMap(({ minted }) => minted.certs.map(({ serial }) => serial));
      expect(new Set(serials).size).toBe(serials.length);
      expect(await unknownSerials(product, serials)).toEqual([]);

      // Quotas and batch numbers are exact: as many as were answered, and no number is missing.
      const shown = JSON.parse((await product.cli(['customer', 'show', 'steady', '--json'])).stdout);
      expect(shown.used.this_month).toBe(serials.length);
      const batches = orders.filter(({ size }) => size > 1).map(({ minted }) => batchNumber(minted));
      expect(batches.sort((a, b) => a - b)).toEqual(batches.map((_, i) => i + 1));
    },
    kills * 6_000 + 180_000,
  );
});

/** Until each client has had one more order answered, or has given up on one. */
async function everyClientServed(steady: readonly SteadyClient[]): Promise<void> {
  const ended = ({ orders, faults }: SteadyClient) => orders.length + faults.length;
  const before = steady.map(ended);
  while (steady.some((client, i) => ended(client) === before[i])) await sleep(50);
}

function batchNumber({ batch_id }: Minted): number {
  return Number(batch_id?.split('-#')[1]);
}

async function unknownSerials(product: Product, serials: readonly string[]): Promise<string[]> {
  const unknown: string[] = [];
  for (let i = 0; i < serials.length; i += 16) {
    await Promise.all(
      serials.slice(i, i + 16).map(async (serial) => {
        const answer = await product.request(`/pki/steady/cert/${serial}`);
        if (answer.status !== 200 || answer.json<{ status: string }>().status !== 'active')
          unknown.push(serial);
      }),
    );
  }
  return unknown;
}
