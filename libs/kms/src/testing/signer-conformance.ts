import { verify as verifyBytes } from 'node:crypto';
import { type CaKeyAlgorithm, caKeyAlgorithms, destructionDelayMs, type Signer } from '../signer.js';
import { signerFailureReason } from '../signer-failure.js';

/** A backend with an empty set of keys, and how to put it away. */
export interface SignerUnderTest {
  readonly signer: Signer;
  /** A second client of the same keys, as another process has. */
  readonly another: () => Promise<Signer>;
  /** Moves the clock that the signers read. */
  readonly advance: (milliseconds: number) => void;
  /** Epoch milliseconds of that clock. */
  readonly now: () => number;
  readonly stop: () => Promise<void>;
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
export function signerConformance(name: string, start: () => Promise<SignerUnderTest>): void {
  describe(`${name} is a signer`, () => {
    let subject: SignerUnderTest;
    let signer: Signer;
    const soon = () => subject.now() + 10_000;

    beforeEach(async () => {
      subject = await start();
      signer = subject.signer;
    });
    afterEach(() => subject.stop());

    for (const algorithm of caKeyAlgorithms) {
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
      expect(await signer.list({})).toHaveLength(1);
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
      expect(createdAt).toBe(subject.now());
    });

    it('says key_not_found for a key that is not there', async () => {
      const key = { ...(await signer.createKey('there', 'P-256', {})), resource: 'not-there' };
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
      expect(await signer.describe(key)).toMatchObject({
        state: 'pending_destruction',
        destroyAt: subject.now() + destructionDelayMs,
      });
      subject.advance(destructionDelayMs);
      expect(await reasonOf(signer.describe(key))).toBe('key_not_found');
      expect(await signer.list({})).toEqual([]);
    });
  });
}
