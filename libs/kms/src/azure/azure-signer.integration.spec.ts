import { startAzureDouble } from '#libs/testing';
import { createSigner } from '../create-signer.js';
import { RemoteSigner } from '../remote/remote-signer.js';
import { signerFailureReason } from '../signer-failure.js';
import { type SignerUnderTest, signerConformance } from '../testing/signer-conformance.js';
import { AzureDriver } from './azure-driver.js';

const retentionMs = 90 * 24 * 3_600_000;

signerConformance('Azure Key Vault', start, {
  algorithms: ['P-256', 'P-384', 'RSA-2048'],
  destructionMs: retentionMs,
  regions: true,
});

async function start(): Promise<SignerUnderTest> {
  const double = await startAzureDouble();
  const credential = { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const client = { tlsOptions: { ca: double.ca }, disableChallengeResourceVerification: true };
  const another = async () => {
    const driver = new AzureDriver({ vaultUrl: double.vaultUrl, credential, hsm: true, client });
    return new RemoteSigner(driver, { now: Date.now });
  };
  const elsewhere = {
    backend: 'azure',
    resource: `https://elsewhere.vault.azure.net/keys/k/${'0'.repeat(32)}`,
  } as const;
  return {
    signer: await another(),
    another,
    now: Date.now,
    faults: double.faults,
    elsewhere,
    stop: double.close,
  };
}

it('says what is not configured for Azure', async () => {
  const reason = await createSigner({ backend: 'azure' }).catch((error: unknown) =>
    signerFailureReason(error),
  );
  expect(reason).toBe('not_configured');
});
