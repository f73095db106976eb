import { CustomerStatus, KeyAlgorithm } from '#libs/contracts';
import { createSigner, formatKeyRef, type KeyManagement } from '#libs/kms';
import { type AwsDouble, borrowEnvironment, startAwsDouble } from '#libs/testing';
import { becomesActive, eventually, ProvisionerHarness } from '../testing/provisioner-harness.js';

const signUps = 50;
/** Every call takes its time, and keys are made at the pace of AWS KMS. */
const cloud = { latencyMs: 20, creationsPerSecond: 5 };
/** Who signs with which keys. */
const identities = {
  issuer: 'arn:aws:iam::000000000000:role/issuer',
  provisioner: 'arn:aws:iam::000000000000:role/provisioner',
};
let harness: ProvisionerHarness;
let aws: AwsDouble;
let signer: KeyManagement;
let giveBack: () => void;

beforeAll(async () => {
  harness = await ProvisionerHarness.start();
  aws = await startAwsDouble();
  giveBack = borrowEnvironment(aws.env);
  signer = await createSigner({ backend: 'aws', identities });
}, 60_000);
afterAll(async () => {
  await harness?.stop();
  await signer?.close();
  await aws?.close();
  giveBack?.();
}, 30_000);

const count = async (where: string): Promise<number> => {
  const [row] = await harness.database.query<{ count: string }>(
    `SELECT count(*) FROM provisioner.pool_key WHERE ${where}`,
  );
  return Number(row?.count);
};
const free = () => count('customer_id IS NULL AND key_ref IS NOT NULL');

describe('a pool of keys', () => {
  it('makes 50 sign-ups at once active without waiting for a service that makes 5 keys a second', async () => {
    // The pool is filled ahead; how long that takes is another matter.
    const filling = await harness.replica({ signer, keyPoolSize: signUps });
    await eventually(async () => ((await free()) >= 2 * signUps ? true : undefined), 60);
    await filling.stop();

    aws.faults.quotas = cloud;
    const replica = await harness.replica({ signer, keyPoolSize: signUps });
    const handles = Array.from({ length: signUps }, (_, index) => `rush-${index}`);
    const patient = { timeoutMs: 60_000 };
    await Promise.all(handles.map((handle) => replica.client.createCustomer({ handle }, patient)));
    // One who asks seldom: fifty who ask all the time would be what is measured.
    const provisioning = async (): Promise<boolean> => {
      const { customers } = await replica.client.listCustomers({ pageSize: 500 }, patient);
      return customers.some(({ status }) => status !== CustomerStatus.ACTIVE);
    };
    while (await provisioning()) await new Promise((resolve) => setTimeout(resolve, 100));
    // What a loaded machine takes says little (npm run bench -- sign-ups measures it); that every key came from the
    // pool says that nobody waited for one.
    expect(await count('customer_id IS NOT NULL AND key_ref IS NOT NULL')).toBe(2 * signUps);
    const authorities = await harness.database.query<{ kind: string; key_ref: string; allowed: string }>(
      `SELECT kind, key_ref, (SELECT facts->>'allowed_to_sign' FROM provisioner.ceremony_step step
         WHERE step.customer_id = authority.customer_id AND step.step = kind || '_key') AS allowed
       FROM provisioner.authority`,
    );
    expect(new Set(authorities.map(({ key_ref }) => key_ref)).size).toBe(2 * signUps);
    for (const { kind, key_ref, allowed } of authorities) {
      const principal = kind === 'root' ? identities.provisioner : identities.issuer;
      expect(allowed).toBe(principal);
      expect(aws.grants(key_ref.slice('aws:'.length)).map((grant) => grant.principal)).toEqual([principal]);
    }
    const { id } = await becomesActive(replica, 'rush-7');
    const keys = await signer.list({ customer: id });
    expect(keys.map(({ labels, state }) => [labels.purpose, state]).sort()).toEqual([
      ['intermediate', 'enabled'],
      ['root', 'disabled'],
    ]);
    await replica.stop();
    // Neither a ceremony nor the pool has left a key behind that nobody names.
    const named = await harness.database.query<{ key_ref: string }>(
      'SELECT key_ref FROM provisioner.pool_key WHERE key_ref IS NOT NULL',
    );
    const known = new Set(named.map(({ key_ref }) => key_ref));
    const made = (await signer.list({})).map(({ key }) => formatKeyRef(key));
    expect(made.filter((key) => !known.has(key))).toEqual([]);
  }, 180_000);

  it('is filled again at the pace of the service, and one that is empty holds nobody up for ever', async () => {
    aws.faults.quotas = cloud;
    const replica = await harness.replica({ signer, keyPoolSize: 2 });
    // RSA is not kept ahead: its keys are made when they are needed.
    const wish = { handle: 'made-now', intermediateAlgorithm: KeyAlgorithm.RSA_2048 };
    await replica.client.createCustomer(wish);
    await becomesActive(replica, 'made-now', 60);
    const { customer } = await replica.client.getCustomer({ handle: 'made-now' });
    const keys = await signer.list({ customer: customer?.id ?? '' });
    expect(keys.map(({ name }) => name)).toContain('dev-made-now-intermediate');
    await eventually(async () => ((await free()) >= 4 ? true : undefined), 60);
    await replica.stop();
  }, 150_000);
});
