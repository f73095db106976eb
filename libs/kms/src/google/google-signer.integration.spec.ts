import { type GoogleDouble, startGoogleDouble } from '#libs/testing';
import { createSigner } from '../create-signer.js';
import type { KmsSettings } from '../kms-settings.js';
import type { KeyManagement } from '../signer.js';
import { type SignerUnderTest, signerConformance } from '../testing/signer-conformance.js';
import { crc32c } from './crc32c.js';

const issuer = 'serviceAccount:issuer@double.iam.gserviceaccount.com';

async function start(): Promise<SignerUnderTest & { readonly double: GoogleDouble; signer: KeyManagement }> {
  const double = await startGoogleDouble();
  const endpoint = double.env.STACKRUNNER_GOOGLE_KMS_ENDPOINT;
  const settings: KmsSettings = {
    backend: 'google',
    google: { keyRing: double.keyRing, endpoint, protection: 'HSM' },
    identities: { issuer },
  };
  const signers: KeyManagement[] = [];
  const another = async () => {
    const signer = await createSigner(settings);
    signers.push(signer);
    return signer;
  };
  const elsewhere = double.keyRing.replace('europe-west3', 'us-east1');
  return {
    double,
    signer: await another(),
    another,
    now: Date.now,
    faults: double.faults,
    elsewhere: { backend: 'google', resource: `${elsewhere}/cryptoKeys/k/cryptoKeyVersions/1` },
    async stop() {
      for (const signer of signers) await signer.close();
      await double.close();
    },
  };
}

signerConformance('Google Cloud KMS', start, {
  algorithms: ['P-256', 'P-384', 'RSA-2048'],
  regions: true,
});

describe('Google Cloud KMS', () => {
  it('asks again when an answer was damaged on its way', async () => {
    const { double, signer, stop } = await start();
    const key = await signer.createKey('k', 'P-256', {});
    double.damage(2);
    expect(await signer.sign(key, [Buffer.from('x')], Date.now() + 10_000)).toHaveLength(1);
    expect(double.faults.calls.sign + double.faults.calls.public_key).toBe(4);
    await stop();
  });

  it('lets the issuer sign with one key, by bindings that others keep', async () => {
    const { double, signer, stop } = await start();
    const key = await signer.createKey('dev-acme-intermediate', 'P-256', {});
    expect(await signer.allowSigning(key, 'issuer')).toBe(issuer);
    expect(await signer.allowSigning(key, 'issuer')).toBe(issuer);
    expect(await signer.allowSigning(key, 'provisioner')).toBeUndefined();
    expect(double.policy(`${double.keyRing}/cryptoKeys/dev-acme-intermediate`)).toEqual([
      expect.objectContaining({ role: 'roles/cloudkms.signer', members: [issuer] }),
      expect.objectContaining({ role: 'roles/cloudkms.publicKeyViewer', members: [issuer] }),
    ]);
    await stop();
  });

  it('has the attestation of the hardware', async () => {
    const { signer, stop } = await start();
    const key = await signer.createKey('k', 'P-256', {});
    const { attributes, statement } = await signer.attestation(key);
    expect(attributes).toEqual({ protectionLevel: 'HSM', algorithm: 'EC_SIGN_P256_SHA256' });
    expect(statement?.format).toBe('CAVIUM_V2_COMPRESSED');
    await stop();
  });
});

it('computes CRC-32C as RFC 3720 §B.4 has it', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
});
