import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSigner } from '../create-signer.js';
import { formatKeyRef, parseKeyRef } from '../key-ref.js';
import type { LocalKmsSettings } from '../kms-settings.js';
import { signerFailureReason } from '../signer-failure.js';
import { signerConformance } from '../testing/signer-conformance.js';

const folders: string[] = [];

function freshSettings(): LocalKmsSettings & { keyFile: string } {
  const root = mkdtempSync(join(tmpdir(), 'kms-'));
  folders.push(root);
  return {
    backend: 'local',
    dir: join(root, 'keys'),
    keyFile: join(root, 'kek', 'key'),
    createKeyFile: true,
  };
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const later = () => Date.now() + 10_000;
const message = [new TextEncoder().encode('message')];

async function failure(work: Promise<unknown>): Promise<{ reason: string | undefined; message: string }> {
  try {
    await work;
  } catch (error) {
    return { reason: signerFailureReason(error), message: (error as Error).message };
  }
  return { reason: 'nothing was thrown', message: '' };
}

signerConformance(
  'the local backend',
  async () => {
    const settings = freshSettings();
    let now = 1_700_000_000_000;
    const options = { now: () => now };
    return {
      signer: await createSigner(settings, options),
      another: () => createSigner(settings, options),
      advance: (milliseconds) => {
        now += milliseconds;
      },
      now: options.now,
      stop: async () => undefined,
    };
  },
  { faults: false },
);

describe('the local backend', () => {
  it('keeps files that only their owner reads, and nothing readable in them', async () => {
    const settings = freshSettings();
    const signer = await createSigner(settings);
    const key = await signer.createKey('dev-acme-root', 'P-256', {});
    await signer.disable(key);
    expect(statSync(settings.dir).mode & 0o777).toBe(0o700);
    expect(statSync(settings.keyFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(settings.dir).sort()).toEqual(['dev-acme-root.key.json', 'store.json']);
    for (const entry of readdirSync(settings.dir)) {
      expect(statSync(join(settings.dir, entry)).mode & 0o777).toBe(0o600);
    }
    const file = readFileSync(join(settings.dir, 'dev-acme-root.key.json'), 'utf8');
    expect(
      Buffer.from(JSON.parse(file).privateKey.ciphertext, 'base64').includes('2a8648ce3d', 0, 'hex'),
    ).toBe(false);
  });

  it('says once at start that keys are software', async () => {
    const warnings: string[] = [];
    const signer = await createSigner(freshSettings(), { warn: (text) => warnings.push(text) });
    await signer.createKey('k', 'P-256', {});
    expect(warnings).toEqual([expect.stringMatching(/^CA keys are held in software/)]);
  });

  it('finds its keys again after a restart', async () => {
    const settings = freshSettings();
    const key = await (await createSigner(settings)).createKey('k', 'P-256', { a: 'b' });
    const signer = await createSigner({ ...settings, createKeyFile: false });
    expect(await signer.sign(key, message, later())).toHaveLength(1);
  });

  it('opens a store with its passphrase only', async () => {
    const { dir } = freshSettings();
    const settings: LocalKmsSettings = { backend: 'local', dir, passphrase: 'correct horse' };
    const key = await (await createSigner(settings)).createKey('k', 'P-256', {});
    expect(await (await createSigner(settings)).sign(key, message, later())).toHaveLength(1);
    expect(await failure(createSigner({ ...settings, passphrase: 'wrong horse' }))).toEqual({
      reason: 'wrong_key_encryption_key',
      message: `The keys in ${dir} were encrypted under another key file or passphrase.`,
    });
  });

  it('says in one sentence what is wrong with the key that encrypts', async () => {
    const settings = freshSettings();
    await createSigner(settings);
    const other = freshSettings();
    await createSigner(other);
    const attempts: [Partial<LocalKmsSettings>, RegExp][] = [
      [{ keyFile: other.keyFile }, /were encrypted under another key file or passphrase/],
      [{ keyFile: `${settings.keyFile}.gone` }, /The key file .* is missing/],
      [{ keyFile: undefined }, /a key file or a passphrase/],
      [{ passphrase: 'both' }, /a key file or a passphrase/],
      [{ keyFile: undefined, passphrase: 'p' }, /encrypted under a key file/],
    ];
    for (const [change, words] of attempts) {
      const found = await failure(createSigner({ ...settings, ...change }));
      expect(found).toEqual({ reason: 'wrong_key_encryption_key', message: expect.stringMatching(words) });
    }
    chmodSync(settings.keyFile, 0o644);
    expect((await failure(createSigner(settings))).message).toMatch(/chmod 600/);
    chmodSync(settings.keyFile, 0o600);
    writeFileSync(settings.keyFile, 'short');
    expect((await failure(createSigner(settings))).message).toMatch(/32 octets in base64/);
  });

  it('never makes a key file for a store that already has one', async () => {
    const settings = freshSettings();
    await createSigner(settings);
    rmSync(settings.keyFile);
    expect((await failure(createSigner(settings))).message).toMatch(/is missing/);
  });

  it('opens one new store for processes that start at once', async () => {
    const settings = freshSettings();
    const signers = await Promise.all(Array.from({ length: 8 }, () => createSigner(settings)));
    const key = await signers[0]?.createKey('k', 'P-256', {});
    if (!key) throw new Error('no key');
    for (const signer of signers) expect(await signer.sign(key, message, later())).toHaveLength(1);
  });

  it('notices a key file that was renamed, changed or cut', async () => {
    const settings = freshSettings();
    const signer = await createSigner(settings);
    const path = (name: string) => join(settings.dir, `${name}.key.json`);
    const one = await signer.createKey('one', 'P-256', {});
    const two = await signer.createKey('two', 'P-256', {});
    const original = readFileSync(path('one'), 'utf8');
    const foreign = JSON.parse(readFileSync(path('two'), 'utf8'));
    const attempt = async (content: string) => {
      writeFileSync(path('one'), content);
      return (await failure(signer.sign(one, message, later()))).reason;
    };
    expect(await attempt(JSON.stringify(foreign))).toBe('key_corrupt');
    expect(await attempt(JSON.stringify({ ...foreign, name: 'one' }))).toBe('key_corrupt');
    expect(await attempt(JSON.stringify({ ...JSON.parse(original), publicKey: foreign.publicKey }))).toBe(
      'key_corrupt',
    );
    expect(await attempt(original.slice(0, 200))).toBe('key_corrupt');
    writeFileSync(path('one'), original);
    expect(await signer.sign(one, message, later())).toHaveLength(1);
    expect(await signer.sign(two, message, later())).toHaveLength(1);
  });

  it('sees what another process does to a key', async () => {
    const settings = freshSettings();
    const signer = await createSigner(settings);
    const key = await signer.createKey('k', 'P-256', {});
    await signer.sign(key, message, later());
    const path = join(settings.dir, 'k.key.json');
    const script = `const fs = require('node:fs'); const p = ${JSON.stringify(path)};
      fs.writeFileSync(p + '.new', JSON.stringify({ ...JSON.parse(fs.readFileSync(p)), state: 'disabled' }));
      fs.renameSync(p + '.new', p);`;
    await promisify(execFile)(process.execPath, ['-e', script]);
    expect((await failure(signer.sign(key, message, later()))).reason).toBe('key_disabled');
  });

  it('makes an RSA key without holding up the event loop', async () => {
    const signer = await createSigner(freshSettings());
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await signer.createKey('rsa', 'RSA-3072', {});
    clearInterval(timer);
    // Made on this thread, it would be over before the first turn.
    expect(turns).toBeGreaterThan(10);
  }, 60_000);
});

describe('a key reference', () => {
  it('survives its text form', () => {
    const key = { backend: 'local', resource: 'dev-acme-intermediate' } as const;
    expect(formatKeyRef(key)).toBe('local:dev-acme-intermediate');
    expect(parseKeyRef(formatKeyRef(key))).toEqual(key);
  });

  it('is refused when it names no backend or no key', () => {
    for (const text of ['', 'local', 'local:', 'local:../x', 'gcp:key', ':x']) {
      expect(() => parseKeyRef(text)).toThrow(/name/);
    }
  });
});
