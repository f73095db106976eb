import { CustomerStatus, KeyAlgorithm } from '#libs/contracts';
import {
  authorityOf,
  becomesActive,
  eventually,
  ProvisionerHarness,
  type Replica,
} from '../testing/provisioner-harness.js';

let harness: ProvisionerHarness;
let replica: Replica;
let client: Replica['client'];

beforeAll(async () => {
  harness = await ProvisionerHarness.start();
  replica = await harness.replica();
  client = replica.client;
}, 30_000);
afterAll(() => harness?.stop());

const versionsTold = (handle: string) =>
  harness.customerEvents.flatMap(({ customer }) => (customer?.handle === handle ? [customer.version] : []));

describe('creating a customer', () => {
  it('answers at once with what will be, and becomes active', async () => {
    const { customer } = await client.createCustomer({
      handle: 'first',
      rootAlgorithm: KeyAlgorithm.EC_P256,
    });
    expect(customer).toMatchObject({
      handle: 'first',
      status: CustomerStatus.PROVISIONING,
      version: 1n,
      rootAlgorithm: KeyAlgorithm.EC_P256,
      intermediateAlgorithm: KeyAlgorithm.EC_P256,
      ceremonyStep: 'root_key',
    });
    expect(customer?.activatedAt).toBeUndefined();
    expect(Number(customer?.createdAt)).toBeCloseTo(Date.now() / 1_000, -1);
    const active = await becomesActive(replica, 'first');
    expect(active).toMatchObject({ id: customer?.id, version: 2n, ceremonyStep: '', ceremonyProblem: '' });
    expect(Number(active.activatedAt)).toBeGreaterThanOrEqual(Number(customer?.createdAt));
  });

  it('refuses a handle that is taken, or that cannot be one', async () => {
    await client.createCustomer({ handle: 'taken' });
    await expect(client.createCustomer({ handle: 'taken' })).rejects.toMatchObject({
      code: 'customer_exists',
    });
    await expect(client.createCustomer({ handle: 'Taken' })).rejects.toMatchObject({ code: 'bad_handle' });
    await expect(client.createCustomer({ handle: 'mint' })).rejects.toMatchObject({ code: 'bad_handle' });
    await expect(
      client.createCustomer({ handle: 'odd', nameConstraints: { permittedIp: ['10.0.0.1/8'] } }),
    ).rejects.toMatchObject({ code: 'bad_request' });
    await expect(client.getCustomer({ handle: 'odd' })).rejects.toMatchObject({ code: 'customer_not_found' });
  });

  it('makes the keys where the customer wants them, and refuses a home that is none', async () => {
    const { customer } = await client.createCustomer({ handle: 'at-home', keyHome: 'local' });
    expect(customer?.keyHome).toBe('local');
    await becomesActive(replica, 'at-home');
    const odd = client.createCustomer({ handle: 'homeless', keyHome: 'aws?role=nobody' });
    await expect(odd).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('role'),
    });
    await expect(client.getCustomer({ handle: 'homeless' })).rejects.toMatchObject({
      code: 'customer_not_found',
    });
  });

  it('lets one of many win that ask for a handle at once', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => client.createCustomer({ handle: 'wanted' })),
    );
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused).toHaveLength(7);
    for (const reason of refused) expect(reason).toMatchObject({ code: 'customer_exists' });
    await becomesActive(replica, 'wanted');
  });
});

describe('suspending and resuming', () => {
  it('change the status once, with one version and one event each', async () => {
    await client.createCustomer({ handle: 'paused' });
    await becomesActive(replica, 'paused');
    for (let twice = 0; twice < 2; twice++) {
      const { customer } = await client.suspendCustomer({ handle: 'paused' });
      expect(customer).toMatchObject({ status: CustomerStatus.SUSPENDED, version: 3n });
    }
    // Its certificates are still verified, so its authority is still to be had.
    expect((await authorityOf(replica, 'paused')).handle).toBe('paused');
    for (let twice = 0; twice < 2; twice++) {
      const { customer } = await client.resumeCustomer({ handle: 'paused' });
      expect(customer).toMatchObject({ status: CustomerStatus.ACTIVE, version: 4n });
    }
    await eventually(() => (versionsTold('paused').length >= 4 ? true : undefined));
    expect(versionsTold('paused').sort()).toEqual([1n, 2n, 3n, 4n]);
  });

  it('hold while the ceremony goes on: suspended wins, and resuming makes active', async () => {
    const created = await client.createCustomer({ handle: 'early' });
    await client.suspendCustomer({ handle: 'early' });
    const suspended = await eventually(async () => {
      const { customer } = await client.getCustomer({ handle: 'early' });
      return customer?.activatedAt === undefined ? undefined : customer;
    });
    expect(suspended).toMatchObject({
      id: created.customer?.id,
      status: CustomerStatus.SUSPENDED,
      version: 3n,
    });
    const { customer } = await client.resumeCustomer({ handle: 'early' });
    expect(customer).toMatchObject({ status: CustomerStatus.ACTIVE, version: 4n });
  });

  it('are refused for a customer that is not there', async () => {
    await expect(client.suspendCustomer({ handle: 'nobody' })).rejects.toMatchObject({
      code: 'customer_not_found',
    });
    await expect(client.resumeCustomer({ handle: 'nobody' })).rejects.toMatchObject({
      code: 'customer_not_found',
    });
  });
});

describe('listing customers', () => {
  it('pages by handle', async () => {
    for (const handle of ['z-3', 'z-1', 'z-2', 'z-10']) await client.createCustomer({ handle });
    const page = await client.listCustomers({ pageSize: 2, pageToken: 'z' });
    expect(page.customers.map(({ handle }) => handle)).toEqual(['z-1', 'z-10']);
    expect(page.nextPageToken).toBe('z-10');
    const rest = await client.listCustomers({ pageSize: 2, pageToken: page.nextPageToken });
    expect(rest.customers.map(({ handle }) => handle)).toEqual(['z-2', 'z-3']);
    expect(rest.nextPageToken).toBe('');
  });

  it('refuses sizes out of bounds', async () => {
    for (const pageSize of [-1, 501]) {
      await expect(client.listCustomers({ pageSize })).rejects.toMatchObject({ code: 'bad_request' });
    }
  });
});

describe('asking for an authority', () => {
  it('answers the same by id and by handle', async () => {
    await client.createCustomer({ handle: 'asked' });
    const { id } = await becomesActive(replica, 'asked');
    const byHandle = await authorityOf(replica, 'asked');
    expect((await client.getAuthority({ customerId: id })).authority).toEqual(byHandle);
    expect(byHandle).toMatchObject({
      customerId: id,
      keyRef: 'local:dev-asked-intermediate',
      algorithm: KeyAlgorithm.EC_P256,
      generation: 1,
    });
  });

  it('says when there is none, and when it is not asked for right', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000';
    for (const name of [{ handle: 'nobody' }, { customerId: nobody }, { customerId: 'no uuid' }]) {
      await expect(client.getAuthority(name)).rejects.toMatchObject({ code: 'customer_not_found' });
    }
    for (const name of [{}, { handle: 'asked', customerId: nobody }]) {
      await expect(client.getAuthority(name)).rejects.toMatchObject({ code: 'bad_request' });
    }
  });
});

describe('a provisioner', () => {
  it('is ready, and stops twice without harm', async () => {
    const another = await harness.replica();
    expect(await another.service.ready()).toMatchObject({ ready: true });
    await another.stop();
    await another.stop();
  });

  it('says in one line that the key store cannot be opened', async () => {
    const other = { ...harness.config.kms, localKeyFile: undefined, localPassphrase: 'not what made it' };
    await expect(harness.replica({ kms: other })).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(/are encrypted under a key file\.$/),
    });
  });
});
