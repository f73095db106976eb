import { type Environment, loadConfig } from '#libs/config';
import { kmsSettings } from '#libs/kms';
import { createLogger, createRegistry } from '#libs/observability';
import { startGoogleDouble, startVaultDouble } from '#libs/testing';
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

  it('STACKRUNNER_AZURE_PROTECTION says where Azure makes keys', () => {
    const of = (env: Environment) => kmsSettings(kmsOf(env)).azure?.protection;
    expect(of({})).toBe('hsm');
    expect(of({ STACKRUNNER_AZURE_PROTECTION: 'software' })).toBe('software');
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
