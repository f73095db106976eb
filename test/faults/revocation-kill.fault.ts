import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Certificate,
  certIdDer,
  createCsr,
  createOcspRequest,
  forEachCrlEntry,
  parseCertificate,
  parseCrl,
  parseOcspResponse,
  pemDecodeAll,
  pemEncode,
} from '#libs/x509';
import { type Customer, Product } from '../support/product.js';

/** How many certificates are revoked: `FAULT_REVOCATIONS=10000 npm test -- faults` for a long night. */
const revocations = Number(process.env.FAULT_REVOCATIONS ?? 60);
const victims = ['revocation', 'postgresql', 'nats', 'gateway'] as const;
const clients = 4;
const batch = 100;
/** A revocation is visible everywhere so long after its caller was told, in milliseconds. */
const visibleMs = 1_000;

describe('killing revocation, PostgreSQL, NATS or the gateway at random moments while certificates are revoked', () => {
  let product: Product;
  let customer: Customer;
  let issuer: Certificate;
  /** Where the revocation service itself serves. */
  let alone: string;
  const faults: string[] = [];
  const numbers: bigint[] = [];
  let over = false;
  let answered = 0;

  beforeAll(async () => {
    product = await Product.start({ mode: 'services', env: { STACKRUNNER_LOG_LEVEL: 'fatal' } });
    customer = await product.customer('steady');
    alone = `${/CRL and OCSP +(\S+)\/pki,/.exec(product.printed)?.[1]}/pki/steady`;
    const unlimited = ['--per-minute', 'unlimited', '--per-month', 'unlimited'];
    await product.cli(['customer', 'set-limits', 'steady', ...unlimited]);
  }, 120_000);
  afterAll(async () => {
    await product?.stop();
  }, 60_000);

  async function mintAll(): Promise<string[]> {
    const { csrDer } = createCsr({ commonName: 'steady', dnsNames: ['app.steady.internal'] });
    const pem = pemEncode('CERTIFICATE REQUEST', csrDer);
    const serials: string[] = [];
    while (serials.length < revocations) {
      const count = Math.min(batch, revocations - serials.length);
      const minted = await product.mint(customer, Array<string>(count).fill(pem), '7d');
      serials.push(...minted.certs.map(({ serial }) => serial));
      issuer = parseCertificate(pemDecodeAll(minted.chain, 'CERTIFICATE')[0] ?? new Uint8Array());
    }
    return serials;
  }

  /** As the documentation says: the same request until it is answered with 200. */
  async function revoke(serial: string): Promise<boolean> {
    const giveUpAt = Date.now() + 60_000;
    while (Date.now() < giveUpAt) {
      const body = { serial, reason: 'superseded' };
      const answer = await product
        .request('/steady/revoke', { bearer: customer.bearer, body })
        .catch(() => undefined);
      if (answer?.status === 200) {
        answered += 1;
        return true;
      }
      if (answer && answer.status !== 503) faults.push(`${serial}: ${answer.status} ${answer.text}`);
      await sleep(20);
    }
    faults.push(`${serial}: no answer within a minute`);
    return false;
  }

  /** What the responder says, or undefined where nobody answers; `tryLater` is an answer too. */
  async function ocsp(serial: string): Promise<string | undefined> {
    const body = createOcspRequest([certIdDer(issuer, Buffer.from(serial, 'hex'))]);
    const headers = { 'content-type': 'application/ocsp-request' };
    try {
      const response = await fetch(`${alone}/ocsp`, { method: 'POST', headers, body: new Uint8Array(body) });
      if (response.status !== 200) return undefined;
      return statusOf(Buffer.from(await response.arrayBuffer()));
    } catch {
      return undefined;
    }
  }

  async function status(serial: string): Promise<string | undefined> {
    const answer = await product.request(`/pki/steady/cert/${serial}`).catch(() => undefined);
    return answer?.status === 200 ? answer.json<{ status: string }>().status : undefined;
  }

  async function client(serials: string[]): Promise<void> {
    for (let serial = serials.pop(); serial !== undefined; serial = serials.pop()) {
      // A response that was signed before must not be given again after.
      await ocsp(serial);
      if (!(await revoke(serial))) continue;
      await sleep(visibleMs);
      const [said, shown] = [await ocsp(serial), await status(serial)];
      if (said === 'good') faults.push(`${serial}: OCSP says good`);
      if (shown === 'active') faults.push(`${serial}: is active`);
    }
  }

  async function crl(): Promise<{ der: Buffer; number: bigint } | undefined> {
    try {
      const response = await fetch(`${alone}/intermediate.crl`);
      if (response.status !== 200) return undefined;
      const der = Buffer.from(await response.arrayBuffer());
      return { der, number: parseCrl(der).number ?? 0n };
    } catch {
      return undefined;
    }
  }

  /** Sees every CRL that is published meanwhile. */
  async function watchCrl(): Promise<void> {
    let last: { der: Buffer; number: bigint } | undefined;
    while (!over) {
      const next = await crl();
      if (next && !last?.der.equals(next.der)) {
        if (last && next.number <= last.number) faults.push(`CRL ${next.number} after ${last.number}`);
        numbers.push(next.number);
        last = next;
      }
      await sleep(100);
    }
  }

  /** Kills at random moments of a service that works: after so many answers, whatever the machine's speed. */
  async function killSometimes(): Promise<number> {
    let kills = 0;
    let next = 3;
    while (!over) {
      await sleep(Math.random() * 50);
      if (answered < next) continue;
      next = answered + 2 + Math.floor(Math.random() * 8);
      if (!over && kill(victims[Math.floor(Math.random() * victims.length)] ?? 'revocation')) kills += 1;
    }
    return kills;
  }

  function kill(victim: (typeof victims)[number]): boolean {
    try {
      const pid = victim === 'postgresql' ? postmasterPid() : servicePid(victim);
      if (pid) process.kill(pid, 'SIGKILL');
      return pid !== undefined;
    } catch {
      // It died between the look and the kill, or its file is just being written.
      return false;
    }
  }

  function servicePid(name: string): number | undefined {
    const { pids } = JSON.parse(readFileSync(join(product.dataDir, 'services.json'), 'utf8'));
    return pids[name] ?? undefined;
  }

  function postmasterPid(): number | undefined {
    const folder = join(product.dataDir, 'postgres');
    const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith('postmaster.pid'),
    );
    return file ? Number(readFileSync(join(folder, file), 'utf8').split('\n')[0]) : undefined;
  }

  it(
    `loses none of ${revocations} revocations, undoes none, and calls none good a second after`,
    async () => {
      const serials = await mintAll();
      const waiting = [...serials];
      const background = [watchCrl(), killSometimes()] as const;
      await Promise.all(Array.from({ length: clients }, () => client(waiting)));
      over = true;
      const kills = await background[1];
      await background[0];

      expect(faults).toEqual([]);
      expect(kills).toBeGreaterThan(2);
      expect(numbers.length).toBeGreaterThan(1);
      const missing = await untilListed(new Set(serials));
      expect(missing).toEqual([]);
      expect(await Promise.all(serials.map(status))).toEqual(serials.map(() => 'revoked'));
    },
    revocations * 3_000 + 180_000,
  );

  /** Serial numbers that no CRL lists within a minute. */
  async function untilListed(wanted: ReadonlySet<string>): Promise<string[]> {
    let missing = [...wanted];
    for (let tries = 0; missing.length > 0 && tries < 60; tries++) {
      const published = await crl();
      const listed = new Set<string>();
      const entries = published && parseCrl(published.der).fields.entries;
      if (entries) {
        const octets = Buffer.from(entries.reader().bytes);
        forEachCrlEntry(entries, ({ serialStart, serialStop }) =>
          listed.add(octets.toString('hex', serialStart, serialStop).replace(/^00/, '')),
        );
      }
      missing = [...wanted].filter((serial) => !listed.has(serial));
      if (missing.length > 0) await sleep(1_000);
    }
    return missing;
  }
});

function statusOf(der: Buffer): string {
  const response = parseOcspResponse(der);
  return response.kind === 'successful' ? (response.data.responses[0]?.status ?? 'nothing') : response.kind;
}
