import { CustomerStatus, KeyAlgorithm } from '#libs/contracts';
import { becomesActive, eventually, ProvisionerHarness } from '../testing/provisioner-harness.js';
import { throttledSigner } from '../testing/throttled-signer.js';

const signUps = 50;
let harness: ProvisionerHarness;

beforeAll(async () => {
  harness = await ProvisionerHarness.start();
}, 60_000);
afterAll(() => harness?.stop(), 30_000);

const free = async (): Promise<number> => {
  const [row] = await harness.database.query<{ count: string }>(
    'SELECT count(*) FROM provisioner.pool_key WHERE customer_id IS NULL AND key_ref IS NOT NULL',
  );
  return Number(row?.count);
};

describe('a pool of keys', () => {
  it('makes 50 sign-ups at once active without waiting for a service that makes 5 keys a second', async () => {
    // The pool is filled ahead, at the pace of the service.
    const filling = await harness.replica({ keyPoolSize: signUps });
    await eventually(async () => ((await free()) >= 2 * signUps ? true : undefined), 40);
    await filling.stop();

    const throttled = throttledSigner(await harness.signer(), 5);
    const replica = await harness.replica({ signer: throttled.signer, keyPoolSize: signUps });
    const handles = Array.from({ length: signUps }, (_, index) => `rush-${index}`);
    const started = performance.now();
    const patient = { timeoutMs: 60_000 };
    await Promise.all(handles.map((handle) => replica.client.createCustomer({ handle }, patient)));
    // One who asks seldom: fifty who ask all the time would be what is measured.
    const provisioning = async (): Promise<boolean> => {
      const { customers } = await replica.client.listCustomers({ pageSize: 500 }, patient);
      return customers.some(({ status }) => status !== CustomerStatus.ACTIVE);
    };
    while (await provisioning()) await new Promise((resolve) => setTimeout(resolve, 100));
    const slowest = (performance.now() - started) / 1_000;
    process.stderr.write(
      `${signUps} sign-ups at once: the slowest was active after ${slowest.toFixed(1)} s\n`,
    );
    // What a loaded machine takes says little; that nobody waited for a key says all.
    expect(throttled.names().filter((name) => !name.startsWith('dev-pool-'))).toEqual([]);
    const [own] = await harness.database.query<{ count: string }>(
      `SELECT count(*) FROM provisioner.pool_key WHERE customer_id IS NOT NULL`,
    );
    expect(Number(own?.count)).toBe(2 * signUps);
    const signer = await harness.signer();
    const { id } = await becomesActive(replica, 'rush-7');
    const keys = await signer.list({ customer: id });
    expect(keys.map(({ labels, state }) => [labels.purpose, state]).sort()).toEqual([
      ['intermediate', 'enabled'],
      ['root', 'disabled'],
    ]);
    await replica.stop();
  }, 180_000);

  it('is filled again at the pace of the service, and one that is empty holds nobody up for ever', async () => {
    const throttled = throttledSigner(await harness.signer(), 5);
    const replica = await harness.replica({ signer: throttled.signer, keyPoolSize: 2 });
    // RSA is not kept ahead: its keys are made when they are needed.
    const wish = { handle: 'made-now', intermediateAlgorithm: KeyAlgorithm.RSA_2048 };
    await replica.client.createCustomer(wish);
    await becomesActive(replica, 'made-now', 60);
    const { customer } = await replica.client.getCustomer({ handle: 'made-now' });
    const keys = await (await harness.signer()).list({ customer: customer?.id ?? '' });
    expect(keys.map(({ name }) => name)).toContain('dev-made-now-intermediate');
    await eventually(async () => ((await free()) >= 4 ? true : undefined), 30);
    await replica.stop();
  }, 90_000);
});
