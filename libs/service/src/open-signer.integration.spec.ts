import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Environment, loadConfig } from '#libs/config';
import { createLogger, createRegistry } from '#libs/observability';
import {
  requireTool,
  startAzureDouble,
  startGoogleDouble,
  startSoftHsm,
  startVaultDouble,
} from '#libs/testing';
import { systemClock } from './clock.js';
import { openSigner } from './open-signer.js';

const base: Environment = {
  STACKRUNNER_DATABASE_URL: 'postgres://localhost/x',
  STACKRUNNER_NATS_URL: 'nats://localhost',
  STACKRUNNER_PKI_URL: 'http://pki.test/pki',
};
const kmsOf = (env: Environment) => loadConfig('issuer', { env: { ...base, ...env } }).kms;

function open(env: Environment) {
  const metrics = createRegistry('issuer');
  const logger = createLogger('issuer', 'silent');
  return openSigner({ config: { kms: kmsOf(env) }, clock: systemClock, logger, metrics }).then((signer) => ({
    signer,
    metrics,
  }));
}

const folder = mkdtempSync(join(tmpdir(), 'kms-options-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function secretFile(secret: string): string {
  const file = join(folder, 'secret');
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  return file;
}

/** Of a key that a process makes which has this environment: whom it trusts, Node reads when it starts. */
async function keyTypeMade(env: Environment): Promise<string> {
  const dist = join(process.cwd(), 'dist', 'libs');
  const script = `
    import { loadConfig } from '${dist}/config/src/index.js';
    import { createSigner, kmsSettings } from '${dist}/kms/src/index.js';
    const signer = await createSigner(kmsSettings(loadConfig('issuer', { env: process.env }).kms));
    const key = await signer.createKey('k', 'P-256', {});
    console.log((await signer.attestation(key)).attributes.keyType);
    await signer.close();`;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return stdout.trim();
}

describe('the metrics of a backend', () => {
  it('count its calls, its errors by kind, how long calls take and wait', async () => {
    const double = await startVaultDouble();
    const { signer, metrics } = await open(double.env);
    const key = await signer.createKey('k', 'P-256', {});
    double.faults.plan('throttle', { times: 2, call: 'sign' });
    await signer.sign(key, [Buffer.from('x')], Date.now() + 30_000);
    double.faults.plan('deny', { times: 1, call: 'sign' });
    await expect(signer.sign(key, [Buffer.from('x')], Date.now() + 30_000)).rejects.toThrow('Vault');
    const text = await metrics.metrics();
    const value = (name: string, ...labels: string[]) => {
      const line = text
        .split('\n')
        .find((each) => [`stackrunner_kms_${name}{`, ...labels].every((part) => each.includes(part)));
      return Number(line?.split(' ').at(-1));
    };
    const sign = ['backend="vault"', 'operation="sign"'];
    expect(value('calls_total', ...sign)).toBe(4);
    expect(value('errors_total', ...sign, 'kind="throttled"')).toBe(2);
    expect(value('errors_total', ...sign, 'kind="permission_denied"')).toBe(1);
    expect(value('call_duration_seconds_count', ...sign)).toBe(4);
    expect(value('queue_wait_seconds_count', 'backend="vault"')).toBe(4);
    await signer.close();
    await double.close();
  });
});

describe('the options of a backend', () => {
  it.each(['HSM', 'SOFTWARE'])(
    'STACKRUNNER_GOOGLE_PROTECTION=%s says where Google makes keys',
    async (level) => {
      const double = await startGoogleDouble();
      const { signer } = await open({ ...double.env, STACKRUNNER_GOOGLE_PROTECTION: level });
      const key = await signer.createKey('k', 'P-256', {});
      expect((await signer.attestation(key)).attributes.protectionLevel).toBe(level);
      await signer.close();
      await double.close();
    },
  );

  it.each([
    ['hsm', 'EC-HSM'],
    ['software', 'EC'],
  ])(
    'STACKRUNNER_AZURE_PROTECTION=%s says where Azure makes keys',
    async (protection, keyType) => {
      const double = await startAzureDouble();
      const env = { ...base, ...double.env, STACKRUNNER_AZURE_PROTECTION: protection };
      expect(await keyTypeMade(env)).toBe(keyType);
      await double.close();
    },
    30_000,
  );

  it('VAULT_TOKEN_FILE names a file with the token, STACKRUNNER_VAULT_MOUNT where the engine is', async () => {
    const double = await startVaultDouble();
    const { VAULT_TOKEN: token = '', ...env } = double.env;
    const VAULT_TOKEN_FILE = secretFile(token);
    const { signer } = await open({ ...env, VAULT_TOKEN_FILE });
    const key = await signer.createKey('k', 'P-256', {});
    expect(await signer.sign(key, [Buffer.from('x')], Date.now() + 10_000)).toHaveLength(1);
    await signer.close();
    const other = await open({ ...env, VAULT_TOKEN_FILE, STACKRUNNER_VAULT_MOUNT: 'elsewhere' });
    await expect(other.signer.describe(key)).rejects.toThrow('no handler for route "elsewhere"');
    await other.signer.close();
    await double.close();
  });

  const withSoftHsm = requireTool('softhsm2-util', 'apt-get install softhsm2') ? it : it.skip;
  withSoftHsm('STACKRUNNER_PKCS11_PIN_FILE names a file with the PIN', async () => {
    const hsm = startSoftHsm();
    const { STACKRUNNER_PKCS11_PIN: pin = '', ...env } = hsm.env;
    const { signer } = await open({ ...env, STACKRUNNER_PKCS11_PIN_FILE: secretFile(pin) });
    expect((await signer.createKey('k', 'P-256', {})).backend).toBe('pkcs11');
    await signer.close();
    hsm.dispose();
  });

  it('STACKRUNNER_KMS_CONCURRENCY bounds the signatures that are under way at once', async () => {
    const double = await startVaultDouble({ quotas: { latencyMs: 20 } });
    const { signer, metrics } = await open({ ...double.env, STACKRUNNER_KMS_CONCURRENCY: '3' });
    const key = await signer.createKey('k', 'P-256', {});
    const messages = Array.from({ length: 30 }, (_, index) => Buffer.from(`${index}`));
    const started = performance.now();
    expect(await signer.sign(key, messages, Date.now() + 30_000)).toHaveLength(30);
    // Ten rounds of three; timers may be a little early.
    expect(performance.now() - started).toBeGreaterThan(10 * 19);
    expect(await metrics.metrics()).toMatch(/stackrunner_kms_queue_wait_seconds_count\{[^}]*\} 30/);
    await signer.close();
    await double.close();
  });
});
