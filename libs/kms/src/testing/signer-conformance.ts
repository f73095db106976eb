import { verify as verifyBytes } from 'node:crypto';
import { jest } from '@jest/globals';
import type { KeyRef } from '../key-ref.js';
import { type CaKeyAlgorithm, caKeyAlgorithms, destructionDelayMs, type Signer } from '../signer.js';
import { signerFailureReason } from '../signer-failure.js';

/** A backend with an empty set of keys, and how to put it away. */
export interface SignerUnderTest {
  readonly signer: Signer;
  /** Where the backend can be made to fail; a stand-in that speaks its wire. */
  readonly faults?: FaultControl;
  /** A key of the right shape in another region or location. */
  readonly elsewhere?: KeyRef;
  /** A second client of the same keys, as another process has. */
  readonly another: () => Promise<Signer>;
  /** Moves the clock that keys live by; none where that is the backend's own. */
  readonly advance?: (milliseconds: number) => void;
  /** Epoch milliseconds of the clock that the signers read. */
  readonly now: () => number;
  readonly stop: () => Promise<void>;
}

/** What `KmsFaults` of `#libs/testing` does. */
export interface FaultControl {
  plan(
    fault: 'throttle' | 'deny' | 'unavailable' | 'drop' | 'hang' | 'wrong_signature' | 'wrong_public_key',
    options?: { readonly times?: number; readonly call?: 'create' | 'sign' | 'public_key' | 'other' },
  ): void;
  heal(): void;
  quotas: { readonly latencyMs?: number };
  readonly calls: Readonly<Record<'create' | 'sign' | 'public_key' | 'other', number>>;
}

export interface ConformanceOptions {
  /** Default: all; making large RSA keys takes long. */
  readonly algorithms?: readonly CaKeyAlgorithm[];
  /** How long a key that is to be destroyed can be looked at; default {@link destructionDelayMs}. */
  readonly destructionMs?: number;
  /** False where nothing makes the backend throttle, refuse, break or lie: no network is between, or it is real. */
  readonly faults?: boolean;
  /** Whether keys are in regions or vaults, one of which a client has. */
  readonly regions?: boolean;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function reasonOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return 'nothing was thrown';
  } catch (error) {
    return signerFailureReason(error) ?? (error as { code?: string }).code;
  }
}

function verifies(algorithm: CaKeyAlgorithm, spki: Uint8Array, message: Uint8Array, signature: Uint8Array) {
  const key = { key: Buffer.from(spki), format: 'der', type: 'spki' } as const;
  return verifyBytes(algorithm === 'P-384' ? 'sha384' : 'sha256', message, key, signature);
}

/** The contract of {@link Signer} as tests; every backend passes all of them. */
export function signerConformance(
  name: string,
  start: () => Promise<SignerUnderTest>,
  options: ConformanceOptions = {},
): void {
  const { algorithms = caKeyAlgorithms, destructionMs = destructionDelayMs, faults = true } = options;
  describe(`${name} is a signer`, () => {
    // A server in a process of its own answers within a busy machine's time.
    jest.setTimeout(30_000);
    let subject: SignerUnderTest;
    let signer: Signer;
    const soon = () => subject.now() + 10_000;

    beforeEach(async () => {
      subject = await start();
      signer = subject.signer;
    });
    afterEach(() => subject.stop());

    for (const algorithm of algorithms) {
      it(`signs with ${algorithm} what its public key verifies, in order`, async () => {
        const key = await signer.createKey('dev-acme-root', algorithm, {});
        const messages = [text('one'), text('two'), new Uint8Array(5_000)];
        const signatures = await signer.sign(key, messages, soon());
        const spki = await signer.publicKey(key);
        expect(signatures).toHaveLength(3);
        messages.forEach((message, index) => {
          expect(verifies(algorithm, spki, message, signatures[index] ?? text(''))).toBe(true);
        });
        expect(verifies(algorithm, spki, text('one'), signatures[1] ?? text(''))).toBe(false);
      }, 60_000);
    }

    it('signs an empty list with nothing', async () => {
      const key = await signer.createKey('k', 'P-256', {});
      expect(await signer.sign(key, [], soon())).toEqual([]);
    });

    it('gives one key to all who ask for the same name, also at once', async () => {
      const another = await subject.another();
      const labels = { customer: 'acme', purpose: 'root' };
      const keys = await Promise.all(
        [signer, another, signer, another].map((each) => each.createKey('shared', 'P-256', labels)),
      );
      const publicKeys = await Promise.all(keys.map((key) => signer.publicKey(key)));
      expect(new Set(publicKeys.map((spki) => Buffer.from(spki).toString('hex'))).size).toBe(1);
      expect(await signer.createKey('shared', 'P-256', labels)).toEqual(keys[0]);
      const usable = (await signer.list({})).filter(({ state }) => state === 'enabled');
      expect(usable).toHaveLength(1);
    });

    it('refuses a taken name for another algorithm or other labels', async () => {
      await signer.createKey('taken', 'P-256', { customer: 'a' });
      expect(await reasonOf(signer.createKey('taken', 'P-384', { customer: 'a' }))).toBe('key_conflict');
      expect(await reasonOf(signer.createKey('taken', 'P-256', { customer: 'b' }))).toBe('key_conflict');
    });

    it('refuses names that no backend could keep', async () => {
      for (const bad of ['', '../up', 'a/b', 'A', '.hidden', 'a\0b', 'x'.repeat(200)]) {
        expect(await reasonOf(signer.createKey(bad, 'P-256', {}))).toBe('bad_key_name');
      }
    });

    it('describes a key', async () => {
      const labels = { customer: 'acme' };
      const key = await signer.createKey('described', 'P-384', labels);
      const { createdAt, ...rest } = await signer.describe(key);
      expect(rest).toEqual({ key, name: 'described', algorithm: 'P-384', labels, state: 'enabled' });
      expect(Math.abs(createdAt - subject.now())).toBeLessThan(60_000);
    });

    it('says key_not_found for a key that is not there', async () => {
      const there = await signer.createKey('there', 'P-256', {});
      const key = { ...there, resource: missing(there.resource) };
      expect(await reasonOf(signer.describe(key))).toBe('key_not_found');
      expect(await reasonOf(signer.publicKey(key))).toBe('key_not_found');
      expect(await reasonOf(signer.sign(key, [text('x')], soon()))).toBe('key_not_found');
      expect(await reasonOf(signer.disable(key))).toBe('key_not_found');
      expect(await reasonOf(signer.enable(key))).toBe('key_not_found');
      expect(await reasonOf(signer.scheduleDestruction(key))).toBe('key_not_found');
    });

    it('refuses to sign with a disabled key, says key_disabled, and signs again once enabled', async () => {
      const key = await signer.createKey('switched', 'P-256', {});
      await signer.sign(key, [text('x')], soon());
      await signer.disable(key);
      await signer.disable(key);
      expect(await reasonOf(signer.sign(key, [text('x')], soon()))).toBe('key_disabled');
      expect((await signer.describe(key)).state).toBe('disabled');
      expect((await signer.publicKey(key)).length).toBeGreaterThan(0);
      await signer.enable(key);
      await signer.enable(key);
      expect(await signer.sign(key, [text('x')], soon())).toHaveLength(1);
    });

    it('shows every client at once that a key was disabled', async () => {
      const another = await subject.another();
      const key = await signer.createKey('seen', 'P-256', {});
      await another.sign(key, [text('x')], soon());
      await signer.disable(key);
      expect(await reasonOf(another.sign(key, [text('x')], soon()))).toBe('key_disabled');
      await another.enable(key);
      expect(await signer.sign(key, [text('x')], soon())).toHaveLength(1);
    });

    it('gives up at the deadline, and signs nothing', async () => {
      const key = await signer.createKey('late', 'P-256', {});
      expect(await reasonOf(signer.sign(key, [text('x')], subject.now()))).toBe('deadline_exceeded');
    });

    it('lists by labels', async () => {
      await signer.createKey('b', 'P-256', { customer: '1', purpose: 'root' });
      await signer.createKey('a', 'P-256', { customer: '1', purpose: 'intermediate' });
      await signer.createKey('c', 'P-256', { customer: '2', purpose: 'root' });
      const names = async (labels: Record<string, string>) =>
        (await signer.list(labels)).map(({ name }) => name);
      expect(await names({})).toEqual(['a', 'b', 'c']);
      expect(await names({ customer: '1' })).toEqual(['a', 'b']);
      expect(await names({ customer: '1', purpose: 'root' })).toEqual(['b']);
      expect(await names({ customer: '3' })).toEqual([]);
    });

    it('signs nothing once destruction is scheduled, and forgets the key when it is due', async () => {
      const key = await signer.createKey('doomed', 'P-256', {});
      await signer.scheduleDestruction(key);
      await signer.scheduleDestruction(key);
      expect(await reasonOf(signer.sign(key, [text('x')], soon()))).toBe('key_pending_destruction');
      expect(await reasonOf(signer.enable(key))).toBe('key_pending_destruction');
      await signer.disable(key);
      const { state, destroyAt = 0 } = await signer.describe(key);
      expect(state).toBe('pending_destruction');
      expect(Math.abs(destroyAt - subject.now() - destructionMs)).toBeLessThan(60_000);
      if (!subject.advance) return;
      subject.advance(destructionMs);
      expect(await reasonOf(signer.describe(key))).toBe('key_not_found');
      expect(await signer.list({})).toEqual([]);
    });

    it('gives a key that was made ahead its labels, or says that it cannot', async () => {
      const key = await signer.createKey('pool-1', 'P-256', { purpose: 'pool' });
      const labels = { customer: '1', purpose: 'intermediate' };
      if (!signer.adopts) {
        expect(await reasonOf(signer.adopt(key, 'dev-acme-intermediate', labels))).toBe('unsupported');
        return;
      }
      await signer.adopt(key, 'dev-acme-intermediate', labels);
      await signer.adopt(key, 'dev-acme-intermediate', labels);
      expect(await signer.list({ purpose: 'pool' })).toEqual([]);
      const [adopted] = await signer.list(labels);
      expect(adopted).toMatchObject({ key, labels });
      expect(await signer.sign(key, [text('x')], soon())).toHaveLength(1);
    });

    it('vouches for a key', async () => {
      const key = await signer.createKey('vouched', 'P-256', {});
      const { attributes } = await signer.attestation(key);
      expect(Object.keys(attributes).length).toBeGreaterThan(0);
    });

    if (options.regions) {
      it('says wrong_region for a key of somewhere else', async () => {
        const { elsewhere } = subject;
        if (!elsewhere) throw new Error('Where else keys could be is not known.');
        expect(await reasonOf(signer.describe(elsewhere))).toBe('wrong_region');
        expect(await reasonOf(signer.sign(elsewhere, [text('x')], soon()))).toBe('wrong_region');
      });
    }

    if (!faults) return;
    describe('when it is not well', () => {
      /** A key whose public key is known, as of a service that has signed before. */
      async function warm(control: FaultControl) {
        const key = await signer.createKey('troubled', 'P-256', {});
        await signer.sign(key, [text('before')], soon());
        const count = control.calls.sign;
        return { key, tries: () => control.calls.sign - count };
      }
      const within = (milliseconds: number) => subject.now() + milliseconds;
      const withFaults = (title: string, test: (faults: FaultControl) => Promise<void>) =>
        it(title, async () => {
          if (!subject.faults) throw new Error('Nothing makes this backend fail.');
          await test(subject.faults);
        });

      withFaults(
        'says permission_denied at once, and not what was refused to somebody else',
        async (faults) => {
          const { key, tries } = await warm(faults);
          faults.plan('deny');
          expect(await reasonOf(signer.sign(key, [text('x')], soon()))).toBe('permission_denied');
          expect(tries()).toBe(1);
          expect(await reasonOf(signer.describe(key))).toBe('permission_denied');
          faults.heal();
          expect(await signer.sign(key, [text('x')], soon())).toHaveLength(1);
        },
      );

      for (const fault of ['throttle', 'unavailable', 'drop'] as const) {
        withFaults(`signs after ${fault}, within the deadline`, async (faults) => {
          const { key, tries } = await warm(faults);
          faults.plan(fault, { times: 3, call: 'sign' });
          expect(await signer.sign(key, [text('x')], soon())).toHaveLength(1);
          expect(tries()).toBe(4);
        });
      }

      withFaults('says throttled, or unreachable, when there is no time for another try', async (faults) => {
        const { key } = await warm(faults);
        faults.plan('throttle');
        expect(await reasonOf(signer.sign(key, [text('x')], within(300)))).toBe('throttled');
        faults.heal();
        faults.plan('drop');
        expect(await reasonOf(signer.sign(key, [text('x')], within(300)))).toBe('unreachable');
      });

      withFaults('gives up a call that is slow, or never answered, at the deadline', async (faults) => {
        const { key } = await warm(faults);
        faults.quotas = { latencyMs: 2_000 };
        const started = Date.now();
        expect(await reasonOf(signer.sign(key, [text('x')], within(200)))).toBe('deadline_exceeded');
        faults.quotas = {};
        faults.plan('hang', { times: 1 });
        expect(await reasonOf(signer.sign(key, [text('x')], within(200)))).toBe('deadline_exceeded');
        expect(Date.now() - started).toBeLessThan(1_900);
      });

      withFaults('lets no signature out that the public key does not verify', async (faults) => {
        const { key } = await warm(faults);
        faults.plan('wrong_signature', { times: 1, call: 'sign' });
        expect(await reasonOf(signer.sign(key, [text('x'), text('y')], soon()))).toBe('wrong_signature');
        expect(await signer.sign(key, [text('x')], soon())).toHaveLength(1);
      });

      withFaults('lets no signature out when the public key is not the one that signs', async (faults) => {
        const key = await signer.createKey('mistaken', 'P-256', {});
        faults.plan('wrong_public_key', { times: 1, call: 'public_key' });
        expect(await reasonOf(signer.sign(key, [text('x')], soon()))).toBe('wrong_signature');
        expect(await signer.sign(key, [text('x')], soon())).toHaveLength(1);
      });

      withFaults('makes one key although the first answers were lost', async (faults) => {
        faults.plan('unavailable', { times: 2, call: 'create' });
        await signer.createKey('lost', 'P-256', {});
        expect(await signer.list({})).toHaveLength(1);
      });
    });
  });
}

/** Another resource of the same shape, which names nothing. */
function missing(resource: string): string {
  return resource.replace(/[0-9a-f]{12}(?=[^0-9a-f]*$)|there(?=[^/]*$|\/cryptoKeyVersions)/, (part) =>
    part === 'there' ? 'not-there' : '0'.repeat(12),
  );
}
