import { type AwsDouble, type Ministack, requireTool, startAwsDouble, startMinistack } from '#libs/testing';
import { createSigner } from '../create-signer.js';
import { formatKeyRef, parseKeyRef } from '../key-ref.js';
import type { KmsSettings } from '../kms-settings.js';
import { RemoteSigner } from '../remote/remote-signer.js';
import type { KeyManagement } from '../signer.js';
import { signerFailureReason } from '../signer-failure.js';
import { type SignerUnderTest, signerConformance } from '../testing/signer-conformance.js';
import { AwsDriver } from './aws-driver.js';

const algorithms = ['P-256', 'P-384', 'RSA-2048'] as const;
const elsewhere = {
  backend: 'aws',
  resource: 'arn:aws:kms:us-west-2:000000000000:key/00000000-0000-0000-0000-000000000000',
} as const;
const before = { ...process.env };
const issuer = 'arn:aws:iam::000000000000:role/issuer';

/** The SDK reads its environment when a client is made. */
function use(env: Readonly<Record<string, string>>): void {
  Object.assign(process.env, env);
}

afterAll(() => {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_') && !(name in before)) delete process.env[name];
  }
});

async function signers(settings: KmsSettings = { backend: 'aws', identities: { issuer } }) {
  const opened: KeyManagement[] = [];
  const another = async () => {
    const signer = await createSigner(settings);
    opened.push(signer);
    return signer;
  };
  const close = async () => {
    for (const signer of opened) await signer.close();
  };
  return { signer: await another(), another, now: Date.now, close };
}

async function startOnDouble(): Promise<SignerUnderTest & { double: AwsDouble; signer: KeyManagement }> {
  const double = await startAwsDouble();
  use(double.env);
  const { close, ...subject } = await signers();
  const stop = async () => {
    await close();
    await double.close();
  };
  // Regions are checked where the client's region is not the key's, as when a home names one.
  return { ...subject, double, faults: double.faults, stop };
}

signerConformance('AWS KMS (double)', startOnDouble, { algorithms });

const program = requireTool('ministack', 'node scripts/tools/ministack.mjs');
if (program) {
  let ministack: Ministack | undefined;
  beforeAll(async () => {
    ministack = await startMinistack();
  }, 60_000);
  afterAll(() => ministack?.stop());

  signerConformance(
    'AWS KMS (ministack)',
    async () => {
      use(ministack?.freshAccount() ?? {});
      const { close, ...subject } = await signers();
      return { ...subject, stop: close };
    },
    { algorithms, faults: false },
  );
}

describe('AWS KMS', () => {
  it('asks a key where it is, and finds none of another region under its own', async () => {
    const { signer, stop } = await startOnDouble();
    const home = await signer.createKey('k', 'P-256', {});
    expect(home.resource).toContain(':eu-central-1:');
    const reason = await signer.describe(elsewhere).catch((error: unknown) => signerFailureReason(error));
    expect(reason).toBe('key_not_found');
    const here = new RemoteSigner(new AwsDriver({ backend: 'aws', region: 'eu-central-1' }), {
      now: Date.now,
    });
    for (const work of [here.describe(elsewhere), here.publicKey(elsewhere)]) {
      expect(await work.catch((error: unknown) => signerFailureReason(error))).toBe('wrong_region');
    }
    await here.close();
    await stop();
  });

  it('grants the issuer one key', async () => {
    const { signer, double, stop } = await startOnDouble();
    const key = await signer.createKey('dev-acme-intermediate', 'P-256', {});
    expect(await signer.allowSigning(key, 'issuer')).toBe(issuer);
    expect(await signer.allowSigning(key, 'issuer')).toBe(issuer);
    expect(double.grants(key.resource)).toEqual([
      { principal: issuer, operations: ['Sign', 'GetPublicKey', 'DescribeKey'], name: 'stackrunner-issuer' },
    ]);
    await stop();
  });

  it("signs in a customer's own account while it is trusted there, and says permission_denied after", async () => {
    const { signer, double, stop } = await startOnDouble();
    const role = 'arn:aws:iam::111122223333:role/stackrunner';
    double.roles.set(role, { arn: role, externalId: 'acme-1' });
    const home = { backend: 'aws', access: { role, externalId: 'acme-1' } } as const;
    const key = await signer.at(home).createKey('dev-acme-root', 'P-384', { handle: 'acme' });
    expect(key.resource).toContain(':111122223333:');
    // What a database keeps is all that another process needs.
    const again = parseKeyRef(formatKeyRef(key));
    expect(again).toEqual(key);
    expect(await signer.sign(again, [Buffer.from('x')], Date.now() + 5_000)).toHaveLength(1);
    expect(await signer.list({})).toEqual([]);
    expect(await signer.at(home).list({ handle: 'acme' })).toHaveLength(1);

    double.roles.delete(role);
    const sign = () => signer.sign(again, [Buffer.from('x')], Date.now() + 5_000);
    expect(signerFailureReason(await sign().catch((error: unknown) => error))).toBe('permission_denied');
    double.roles.set(role, { arn: role, externalId: 'acme-1' });
    expect(await sign()).toHaveLength(1);

    const stranger = { ...home, access: { role, externalId: 'somebody-else' } };
    const refused = await signer
      .at(stranger)
      .list({})
      .catch((error: unknown) => error);
    expect(signerFailureReason(refused)).toBe('permission_denied');
    await stop();
  });
});
