import { OAuth2Client } from 'google-auth-library';
import { selfSigned, startGoogleDouble } from '#libs/testing';
import { signerFailureReason } from '../signer-failure.js';

const account = 'ca@acme.iam.gserviceaccount.com';
const now = Date.now;

it("signs as the customer's service account while it may, and says permission_denied after", async () => {
  // gRPC reads whom it trusts when it is loaded.
  const tls = selfSigned();
  process.env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH = tls.file;
  const double = await startGoogleDouble({ identity: { bearer: 'installation', tls } });
  const { iam, env, keyRing } = double;
  if (!iam) throw new Error('The double has no identities.');
  const { GoogleDriver } = await import('./google-driver.js');
  const { googleClient } = await import('./google-client.js');
  const { RemoteSigner } = await import('../remote/remote-signer.js');
  const access = { serviceAccount: account };
  const opened: { close(): Promise<void> }[] = [];
  const open = async () => {
    const sourceClient = new OAuth2Client();
    sourceClient.setCredentials({ access_token: 'installation', expiry_date: now() + 3_600_000 });
    const client = await googleClient(env.STACKRUNNER_GOOGLE_KMS_ENDPOINT, access, {
      ...{ sourceClient, endpoint: iam.endpoint },
    });
    const driver = new GoogleDriver(client, keyRing, { backend: 'google' });
    const signer = new RemoteSigner(driver, { access, now });
    opened.push(signer);
    return signer;
  };
  const failureOf = (work: Promise<unknown>) => work.then(() => 'none', signerFailureReason);
  const sign = (
    signer: Awaited<ReturnType<typeof open>>,
    key: Awaited<ReturnType<typeof signer.createKey>>,
  ) => signer.sign(key, [Buffer.from('x')], now() + 5_000);
  try {
    iam.serviceAccounts.add(account);
    const signer = await open();
    const key = await signer.createKey('dev-acme-root', 'P-256', {});
    expect(key.access).toEqual(access);
    expect(await sign(signer, key)).toHaveLength(1);

    iam.serviceAccounts.delete(account);
    // One that holds a token is refused by the service, one that has none by IAM.
    expect(await failureOf(sign(signer, key))).toBe('permission_denied');
    expect(await failureOf(sign(await open(), key))).toBe('permission_denied');

    iam.serviceAccounts.add(account);
    expect(await sign(await open(), key)).toHaveLength(1);
    expect(await sign(signer, key)).toHaveLength(1);
  } finally {
    for (const each of opened) await each.close();
    await double.close();
    delete process.env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH;
  }
}, 60_000);
