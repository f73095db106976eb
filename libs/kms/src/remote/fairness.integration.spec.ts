import { type KmsDouble, startVaultDouble } from '#libs/testing';
import { createSigner } from '../create-signer.js';
import type { KeyRef } from '../key-ref.js';
import type { KeyManagement } from '../signer.js';

/** A service with a quota, and a process that knows it. */
const quota = { latencyMs: 10, signaturesPerSecond: 200 };
const concurrency = 8;
const batches = 4;
const batch = 100;

describe('two customers at one quota', () => {
  let double: KmsDouble;
  let signer: KeyManagement;
  /** Signatures that have begun, of anybody. */
  let begun = 0;

  beforeAll(async () => {
    double = await startVaultDouble({ quotas: quota });
    const { VAULT_ADDR: address, VAULT_TOKEN: token } = double.env;
    signer = await createSigner(
      {
        backend: 'vault',
        vault: { address, token, mount: 'transit' },
        limits: { concurrency, signaturesPerSecond: quota.signaturesPerSecond },
      },
      { observer: { called: () => undefined, waited: () => void begun++ } },
    );
  });
  afterAll(async () => {
    await signer.close();
    await double.close();
  });

  const sign = (key: KeyRef, count: number) =>
    signer.sign(
      key,
      Array.from({ length: count }, (_, index) => Buffer.from(`certificate ${index}`)),
      Date.now() + 60_000,
    );

  /** One signature after the other: milliseconds of each, and how many of anybody began until it was there. */
  async function alone(key: KeyRef, count: number) {
    const taken: { milliseconds: number; turns: number }[] = [];
    for (let index = 0; index < count; index++) {
      const before = begun;
      const started = performance.now();
      await sign(key, 1);
      taken.push({ milliseconds: performance.now() - started, turns: begun - before });
    }
    const median = (values: number[]) => values.sort((one, other) => one - other)[values.length >> 1] ?? 0;
    return {
      milliseconds: median(taken.map((each) => each.milliseconds)),
      turns: median(taken.map((each) => each.turns)),
    };
  }

  it('gives a single certificate its turn before the rest of a batch that came first', async () => {
    const heavy = await signer.createKey('dev-heavy-intermediate', 'P-256', {});
    const light = await signer.createKey('dev-light-intermediate', 'P-256', {});
    await sign(heavy, 1);
    await sign(light, 1);
    const unloaded = await alone(light, 9);

    const started = performance.now();
    let left = batches;
    const loads = Array.from({ length: batches }, () => sign(heavy, batch).finally(() => left--));
    const beside = await alone(light, 9);
    const stillBusy = left > 0;
    await Promise.all(loads);
    const wholeBatch = performance.now() - started;
    process.stderr.write(
      `a light tenant's signature: ${unloaded.milliseconds.toFixed(1)} ms alone, ` +
        `${beside.milliseconds.toFixed(1)} ms and ${beside.turns} turns beside ${batches * batch} of another, ` +
        `which took ${wholeBatch.toFixed(0)} ms\n`,
    );
    expect(stillBusy).toBe(true);
    // Itself, what had begun, the one turn before it, and those that begin while it is on its way.
    expect(beside.turns).toBeLessThanOrEqual(2 * concurrency + 2);
    expect(beside.milliseconds).toBeLessThan(wholeBatch / 8);
  }, 60_000);
});
