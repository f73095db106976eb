import { setTimeout as sleep } from 'node:timers/promises';
import { type Certificate, createCsr, parseCertificate, pemDecodeAll, pemEncode } from '#libs/x509';
import type { Customer } from '../support/product.js';
import { FiveProcesses, type KillableHouse, Standalone } from './killable-house.js';
import { RevocationWitness, serialsOf } from './revocation-witness.js';

/** How many certificates are revoked, one by one: `FAULT_REVOCATIONS=10000 npm test -- faults` for a long look. */
const revocations = Number(process.env.FAULT_REVOCATIONS ?? 300);
const clients = 16;
const batch = 100;
/** A revocation is visible everywhere so long after its caller was told, in milliseconds. */
const visibleMs = 1_000;
const patienceMs = 60_000;
/** Certificates of one OCSP request, where it is not about what was signed before. */
const groupSize = 32;
/** So many faults are enough to look into. */
const mostFaults = 20;
const progressMs = 30_000;

/** A kill comes after so many answers on average; a restart of everything takes longer than one of a part. */
const houses = [
  { name: 'in five processes', start: () => FiveProcesses.start(), every: Math.max(20, revocations / 40) },
  { name: 'in standalone', start: () => Standalone.start(), every: Math.max(50, revocations / 30) },
] as const;

describe.each(houses)('killing anything at random moments while certificates are revoked, $name', (way) => {
  let house: KillableHouse;
  let customer: Customer;
  let issuer: Certificate;
  let witnesses: readonly RevocationWitness[];
  const faults: string[] = [];
  const published = new Map<bigint, string>();
  const checks: Promise<void>[] = [];
  let over = false;
  let answered = 0;
  const kills: string[] = [];

  beforeAll(async () => {
    house = await way.start();
    customer = await house.product.unlimitedCustomer('steady');
  }, 180_000);
  afterAll(async () => {
    // Also where the test ran out of time.
    over = true;
    await house?.stop();
  }, 60_000);

  async function mintAll(): Promise<string[]> {
    const { csrDer } = createCsr({ commonName: 'steady', dnsNames: ['app.steady.internal'] });
    const pem = pemEncode('CERTIFICATE REQUEST', csrDer);
    const serials: string[] = [];
    while (serials.length < revocations) {
      const count = Math.min(batch, revocations - serials.length);
      const minted = await house.product.mint(customer, Array<string>(count).fill(pem), '7d');
      serials.push(...minted.certs.map(({ serial }) => serial));
      issuer = parseCertificate(pemDecodeAll(minted.chain, 'CERTIFICATE')[0] ?? new Uint8Array());
    }
    return serials;
  }

  /** As the documentation says: the same request until it is answered with 200. */
  async function revoke(serial: string): Promise<boolean> {
    for (const giveUpAt = Date.now() + patienceMs; Date.now() < giveUpAt; await sleep(50)) {
      const body = { serial, reason: 'superseded' };
      const answer = await house.product
        .request('/steady/revoke', { bearer: customer.bearer, body })
        .catch(() => undefined);
      if (answer?.status === 200) {
        answered += 1;
        return true;
      }
      if (answer && answer.status !== 503) faults.push(`${serial}: ${answer.status} ${answer.text}`);
    }
    faults.push(`${serial}: no answer within a minute`);
    return false;
  }

  async function status(serial: string): Promise<string | undefined> {
    const answer = await house.product.request(`/pki/steady/cert/${serial}`).catch(() => undefined);
    return answer?.status === 200 ? answer.json<{ status: string }>().status : undefined;
  }

  /** The first answer: whoever was killed just now answers when it is back. */
  async function untilAnswered<T>(ask: () => Promise<T | undefined>): Promise<T> {
    for (const giveUpAt = Date.now() + patienceMs; Date.now() < giveUpAt; await sleep(250)) {
      const answer = await ask();
      if (answer !== undefined) return answer;
    }
    throw new Error('no answer within a minute');
  }

  /** A second after the caller was told, no replica may call it good. */
  async function check(serial: string): Promise<void> {
    const told = Date.now();
    await sleep(visibleMs);
    const asked = witnesses.map((witness) => untilAnswered(() => witness.ocsp(serial)));
    const [shown, ...said] = await Promise.all([untilAnswered(() => status(serial)), ...asked]);
    if (shown !== 'revoked') faults.push(`${serial}: its status is ${shown}`);
    for (const [replica, word] of said.entries()) {
      if (word === 'revoked' || word === 'tryLater') continue;
      const after = `${Date.now() - told} ms after it was told; killed before: ${kills.slice(-3)}`;
      faults.push(`${serial}: OCSP of replica ${replica + 1} says ${word} ${after}`);
    }
  }

  async function client(serials: string[]): Promise<void> {
    for (let serial = serials.pop(); serial !== undefined; serial = serials.pop()) {
      if (over || faults.length > mostFaults) return;
      const name = serial;
      // A response that was signed before must not be given again after.
      await Promise.all(witnesses.map((witness) => witness.ocsp(name)));
      if (!(await revoke(serial))) continue;
      checks.push(check(serial).catch((error: unknown) => void faults.push(`${serial}: ${String(error)}`)));
    }
  }

  /** Kills at random moments of a service that works: after so many answers, whatever the machine's speed. */
  async function killSometimes(): Promise<void> {
    // Never more than half as many again, so that a run of any length sees several.
    const pause = () => Math.ceil((0.5 + Math.random()) * way.every);
    for (let next = pause(); !over; await sleep(Math.random() * 50)) {
      if (answered < next) continue;
      const victim = house.victims[Math.floor(Math.random() * house.victims.length)] ?? '';
      // Who is being started again cannot be killed: then it is another's turn.
      if (!house.kill(victim)) continue;
      kills.push(victim);
      next = answered + pause();
    }
  }

  /** Says now and then how far it is: ten thousand take minutes. */
  function reportProgress(): NodeJS.Timeout {
    const began = Date.now();
    return setInterval(() => {
      const seconds = Math.round((Date.now() - began) / 1000);
      const seen = `${kills.length} kills, ${published.size} CRLs, ${faults.length} faults`;
      console.log(`${answered} of ${revocations} revoked after ${seconds} s: ${seen}`);
    }, progressMs).unref();
  }

  it(
    `loses none of ${revocations} revocations, undoes none, and calls none good a second after`,
    async () => {
      const serials = await mintAll();
      witnesses = house.replicas.map(
        (_, i) => new RevocationWitness(() => `${house.replicas[i]}/pki/steady`, issuer, published),
      );
      const waiting = [...serials];
      const killing = killSometimes();
      const watching = witnesses.map((witness) => witness.watchWhile(() => !over));
      const progress = reportProgress();
      await Promise.all(Array.from({ length: clients }, () => client(waiting)));
      over = true;
      clearInterval(progress);
      await Promise.all([killing, ...watching]);
      await Promise.all(checks);

      expect([...faults, ...witnesses.flatMap((witness) => witness.faults)]).toEqual([]);
      expect(checks).toHaveLength(revocations);
      expect(kills.length).toBeGreaterThan(2);
      for (const witness of witnesses) {
        expect(witness.crls).toBeGreaterThan(1);
        expect(await untilListed(witness, serials)).toEqual([]);
        const wrong = await inGroups(serials, (group) => untilAnswered(() => witness.ocspOf(group)));
        expect(wrong).toEqual([]);
      }
      const shown = (group: readonly string[]) =>
        Promise.all(group.map((serial) => untilAnswered(() => status(serial))));
      expect(await inGroups(serials, shown)).toEqual([]);
      console.log(`${revocations} revocations, ${kills.length} kills, ${published.size} CRLs, ${way.name}`);
    },
    revocations * 240 + 300_000,
  );

  /** Serial numbers that the replica's CRL does not list within a minute. */
  async function untilListed(witness: RevocationWitness, serials: readonly string[]): Promise<string[]> {
    for (const giveUpAt = Date.now() + patienceMs; ; await sleep(500)) {
      const crl = await witness.crl();
      const listed = crl ? serialsOf(crl) : new Set();
      const missing = serials.filter((serial) => !listed.has(serial));
      if (missing.length === 0 || Date.now() > giveUpAt) return missing;
    }
  }
});

/** Serial numbers that are not called revoked. */
async function inGroups(
  serials: readonly string[],
  ask: (group: readonly string[]) => Promise<readonly string[]>,
): Promise<string[]> {
  const wrong: string[] = [];
  for (let at = 0; at < serials.length; at += groupSize) {
    const group = serials.slice(at, at + groupSize);
    const said = await ask(group);
    wrong.push(...group.filter((_, i) => said[i] !== 'revoked'));
  }
  return wrong;
}
