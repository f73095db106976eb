import { startVaultDouble } from '#libs/testing';
import { createSigner } from '../create-signer.js';
import { parseKeyRef } from '../key-ref.js';
import type { KmsSettings } from '../kms-settings.js';
import { destructionDelayMs } from '../signer.js';
import { signerFailureReason } from '../signer-failure.js';
import { type SignerUnderTest, signerConformance } from '../testing/signer-conformance.js';

const real = process.env.VAULT_ADDR && process.env.VAULT_TOKEN ? process.env : undefined;

async function start(): Promise<SignerUnderTest> {
  const double = real ? undefined : await startVaultDouble();
  const { VAULT_ADDR: address, VAULT_TOKEN: token } = double?.env ?? real ?? {};
  const settings: KmsSettings = { backend: 'vault', vault: { address, token, mount: 'transit' } };
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const signers: Awaited<ReturnType<typeof createSigner>>[] = [];
  const another = async () => {
    const signer = await createSigner(settings, { now });
    signers.push(signer);
    return signer;
  };
  return {
    signer: await another(),
    another,
    now,
    advance: (milliseconds) => {
      ahead += milliseconds;
    },
    ...(double && { faults: double.faults }),
    async stop() {
      for (const signer of signers) await signer.close();
      await double?.close();
    },
  };
}

signerConformance('Vault', start, { algorithms: ['P-256', 'P-384', 'RSA-2048'], faults: !real });

describe('Vault', () => {
  it('keeps labels in the name of the key, and refuses to sign with the key of any other version', async () => {
    const { signer, stop } = await start();
    const key = await signer.createKey('dev-acme-root', 'P-384', { purpose: 'root', handle: 'acme' });
    expect(key.resource).toBe('dev-acme-root.handle.acme.purpose.root');
    await signer.disable(key);
    expect(await signer.describe(key)).toMatchObject({ name: 'dev-acme-root', state: 'disabled' });
    await signer.enable(key);
    await signer.scheduleDestruction(key);
    const { destroyAt = 0 } = await signer.describe(key);
    expect(destroyAt).toBeGreaterThan(Date.now() + destructionDelayMs - 60_000);
    await stop();
  });

  it('tells of a token that is not renewed, while signatures still succeed', async () => {
    const double = await startVaultDouble();
    const { VAULT_ADDR: address, VAULT_TOKEN: token } = double.env;
    const warnings: string[] = [];
    const renewals: string[] = [];
    const signer = await createSigner(
      { backend: 'vault', vault: { address, token, mount: 'transit', renewEveryMs: 20 } },
      {
        warn: (message) => void warnings.push(message),
        observer: {
          waited: () => undefined,
          called: ({ operation, failure }) => void (operation === 'renew' && renewals.push(failure)),
        },
      },
    );
    const renewed = async (failure: string) => {
      while (!renewals.includes(failure)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    const key = await signer.createKey('k', 'P-256', {});
    await renewed('');
    expect(warnings).toEqual([]);
    double.faults.plan('deny', { call: 'other' });
    await renewed('permission_denied');
    expect(warnings[0]).toContain('The token of Vault was not renewed (Vault: ');
    expect(await signer.sign(key, [Buffer.from('x')], Date.now() + 10_000)).toHaveLength(1);
    await signer.close();
    await double.close();
  });

  it('says what is not configured, and which token is not taken', async () => {
    const reasonOf = (settings: KmsSettings) =>
      createSigner(settings)
        .then((signer) => signer.describe(parseKeyRef('vault:k')).finally(() => signer.close()))
        .catch((error: unknown) => signerFailureReason(error));
    expect(await reasonOf({ backend: 'vault' })).toBe('not_configured');
    const double = await startVaultDouble();
    const vault = { address: double.env.VAULT_ADDR, token: 'another', mount: 'transit' };
    expect(await reasonOf({ backend: 'vault', vault })).toBe('permission_denied');
    await double.close();
    expect(await reasonOf({ backend: 'vault', vault: { ...vault, address: 'http://127.0.0.1:1' } })).toBe(
      'unreachable',
    );
  }, 30_000);
});
