import pkcs11 from 'pkcs11js';
import { KmsFaults, requireTool, startSoftHsm } from '#libs/testing';
import { createSigner } from '../create-signer.js';
import type { KmsSettings } from '../kms-settings.js';
import { RemoteSigner } from '../remote/remote-signer.js';
import type { KeyManagement } from '../signer.js';
import { signerFailureReason } from '../signer-failure.js';
import { type SignerUnderTest, signerConformance } from '../testing/signer-conformance.js';
import { troubledDriver } from '../testing/troubled-driver.js';
import { Pkcs11Driver } from './pkcs11-driver.js';

const present = requireTool('softhsm2-util', 'apt-get install softhsm2');

async function start(): Promise<SignerUnderTest & { signer: KeyManagement; settings: KmsSettings }> {
  const hsm = startSoftHsm();
  const { module, token, pin } = hsm;
  const settings: KmsSettings = { backend: 'pkcs11', pkcs11: { module, token, pin } };
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const signers: KeyManagement[] = [];
  const another = async () => {
    const signer = await createSigner(settings, { now });
    signers.push(signer);
    return signer;
  };
  return {
    settings,
    signer: await another(),
    another,
    now,
    advance: (milliseconds) => {
      ahead += milliseconds;
    },
    async stop() {
      for (const signer of signers) await signer.close();
      hsm.dispose();
    },
  };
}

/** The token's calls can be delayed and fail as a busy or broken HSM's do. */
async function startTroubled(): Promise<SignerUnderTest> {
  const { settings, signer, stop, ...rest } = await start();
  const faults = new KmsFaults();
  const fails = (code: string) => () => Object.assign(new Error(code), { code: Reflect.get(pkcs11, code) });
  const errors = {
    throttle: fails('CKR_SESSION_COUNT'),
    deny: fails('CKR_USER_NOT_LOGGED_IN'),
    unavailable: fails('CKR_DEVICE_ERROR'),
    drop: fails('CKR_DEVICE_REMOVED'),
  };
  const other = async () => signer.publicKey(await signer.createKey('of-another', 'P-256', {}));
  const opened: RemoteSigner[] = [];
  const another = async () => {
    const driver = troubledDriver(await Pkcs11Driver.open(settings, rest.now), faults, { errors, other });
    const troubled = new RemoteSigner(driver, { now: rest.now });
    opened.push(troubled);
    return troubled;
  };
  return {
    ...{ ...rest, faults, another },
    signer: await another(),
    async stop() {
      for (const each of opened) await each.close();
      await stop();
    },
  };
}

if (present) {
  signerConformance('PKCS#11', startTroubled, { algorithms: ['P-256', 'P-384', 'RSA-2048'] });

  describe('PKCS#11', () => {
    it('keeps keys that never leave the token, and says so', async () => {
      const { signer, stop } = await start();
      const key = await signer.createKey('k', 'P-384', {});
      const { attributes } = await signer.attestation(key);
      expect(attributes).toMatchObject({
        CKA_LOCAL: 'true',
        CKA_NEVER_EXTRACTABLE: 'true',
        CKA_ALWAYS_SENSITIVE: 'true',
        CKA_EXTRACTABLE: 'false',
      });
      await stop();
    });

    it('signs many at once, on several threads of the module', async () => {
      const { signer, stop } = await start();
      const key = await signer.createKey('k', 'P-256', {});
      const messages = Array.from({ length: 200 }, (_, index) => Buffer.from(`message ${index}`));
      const [one, two] = await Promise.all([
        signer.sign(key, messages, Date.now() + 20_000),
        signer.sign(key, messages, Date.now() + 20_000),
      ]);
      expect(one.length + two.length).toBe(400);
      await stop();
    }, 30_000);

    it('signs, and lets everything else go on, while the token makes a key', async () => {
      const { signer, stop } = await start();
      const key = await signer.createKey('k', 'P-256', {});
      const sign = () => signer.sign(key, [Buffer.from('message')], Date.now() + 20_000);
      await sign();
      const ended: string[] = [];
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const making = signer.createKey('slow', 'RSA-4096', {}).then(() => ended.push('made'));
      await sign().then(() => ended.push('signed'));
      await making;
      clearInterval(timer);
      expect(ended).toEqual(['signed', 'made']);
      expect(turns).toBeGreaterThan(10);
      await stop();
    });

    it('ends a call with its signal, also one that waits for the token', async () => {
      const { settings, stop } = await start();
      const driver = await Pkcs11Driver.open(settings, Date.now);
      const patient = new AbortController().signal;
      const making = driver.create({ name: 'slow', algorithm: 'RSA-4096', labels: {} }, patient);
      await expect(driver.describe('none', AbortSignal.timeout(1))).rejects.toMatchObject({
        name: 'TimeoutError',
      });
      expect(await driver.describe(await making, patient)).toMatchObject({ name: 'slow' });
      await driver.close();
      await expect(driver.describe('none', patient)).rejects.toMatchObject({ code: 'signer_unavailable' });
      await stop();
    });

    it('says which option is missing, and that the PIN, the token or the module is wrong', async () => {
      const { settings, stop } = await start();
      const outcome = (change: Record<string, string | undefined>) =>
        createSigner({ ...settings, pkcs11: { ...settings.pkcs11, ...change } }).catch((error: unknown) => ({
          reason: signerFailureReason(error),
          message: (error as Error).message,
        }));
      expect(await outcome({ pin: undefined })).toMatchObject({ reason: 'not_configured' });
      expect(await outcome({ module: '/none.so' })).toMatchObject({ reason: 'not_configured' });
      expect(await outcome({ token: 'another' })).toMatchObject({ reason: 'unreachable' });
      await stop();
    });
  });
} else {
  it.skip('needs SoftHSM2', () => undefined);
}
