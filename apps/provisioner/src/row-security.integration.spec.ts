import type { DataSource, EntityManager } from 'typeorm';
import { TenantScope } from '#libs/database';
import { AuthorityRepository } from './authority/authority.repository.js';
import { CeremonyEntity, CeremonyStepEntity } from './ceremony/ceremony.entity.js';
import { CeremonyRepository } from './ceremony/ceremony.repository.js';
import { CustomerRepository } from './customer/customer.repository.js';
import { becomesActive, ProvisionerHarness } from './testing/provisioner-harness.js';
import { openDataSource } from './testing/worker.js';
import { TrustArtifactRepository } from './trust-artifact/trust-artifact.repository.js';

let harness: ProvisionerHarness;
let dataSource: DataSource;
let scope: TenantScope;
let alice = '';
let bob = '';

beforeAll(async () => {
  harness = await ProvisionerHarness.start();
  const replica = await harness.replica();
  for (const handle of ['alice', 'bob']) await replica.client.createCustomer({ handle });
  alice = (await becomesActive(replica, 'alice')).id;
  bob = (await becomesActive(replica, 'bob')).id;
  await replica.stop();
  dataSource = await openDataSource(harness);
  scope = new TenantScope(dataSource);
}, 30_000);
afterAll(async () => {
  await dataSource?.destroy();
  await harness?.stop();
});

const customers = new CustomerRepository();
const authorities = new AuthorityRepository();
const artifacts = new TrustArtifactRepository();
const ceremonies = new CeremonyRepository();

/** What each repository finds of a customer. */
async function found(manager: EntityManager, customerId: string): Promise<boolean[]> {
  const name = { customerId, kind: 'root', generation: 1 } as const;
  const ceremony = await manager.findOneBy(CeremonyEntity, { customerId });
  const reads: unknown[] = [
    await customers.byId(manager, customerId),
    await authorities.find(manager, name),
    await artifacts.newest(manager, customerId),
    ceremony && (await ceremonies.find(manager, ceremony.id)),
    await manager.findOneBy(CeremonyStepEntity, { customerId }),
  ];
  return reads.map((row) => row !== null && row !== undefined);
}

const all = Array<boolean>(5).fill(true);
const none = Array<boolean>(5).fill(false);

describe('row-level security of the provisioner', () => {
  it('shows a tenant its own rows and nobody else’s', async () => {
    expect(await scope.run(alice, (manager) => found(manager, alice))).toEqual(all);
    expect(await scope.run(alice, (manager) => found(manager, bob))).toEqual(none);
    expect(await scope.run(bob, (manager) => found(manager, alice))).toEqual(none);
  });

  it('shows nothing outside of a scope', async () => {
    expect(await found(dataSource.manager, alice)).toEqual(none);
  });

  it('shows operators customers and ceremonies of all, and no keys or chains', async () => {
    const seen = await scope.everyCustomer((manager) => found(manager, alice));
    expect(seen).toEqual([true, false, false, true, false]);
    const listed = await scope.everyCustomer((manager) => customers.list(manager, '', 10));
    expect(listed.map(({ handle }) => handle)).toEqual(['alice', 'bob']);
  });

  it('lets a tenant change nothing of another’s', async () => {
    const before = await harness.database.query('SELECT * FROM provisioner.customer ORDER BY handle');
    await scope.run(alice, (manager) => customers.change(manager, bob, { status: 'suspended' }));
    expect(await harness.database.query('SELECT * FROM provisioner.customer ORDER BY handle')).toEqual(
      before,
    );
    const foreign = authorities.prepare({
      ...({ customerId: bob, kind: 'root', generation: 2, keyRef: 'local:k', algorithm: 'P-256' } as const),
      ...{ attestation: null, createdAt: new Date() },
    });
    await expect(scope.run(alice, (manager) => authorities.add(manager, foreign))).rejects.toThrow(
      /row-level security/,
    );
    const ceremony = {
      ...({ customerId: bob, kind: 'rotation', generation: 2 } as const),
      ...{ requestedBy: 'alice', startedAt: new Date() },
    };
    await expect(scope.run(alice, (manager) => ceremonies.start(manager, ceremony))).rejects.toThrow(
      /row-level security/,
    );
    const artifact = {
      ...{ customerId: bob, generation: 2, root: Buffer.of(1), intermediate: Buffer.of(1) },
      ...{ authorityId: alice, publishedAt: new Date() },
    };
    await expect(scope.run(alice, (manager) => artifacts.add(manager, artifact))).rejects.toThrow(
      /row-level security/,
    );
  });

  it('keeps the record of steps and chains: the role can neither change nor remove a row', async () => {
    for (const statement of [
      `UPDATE provisioner.ceremony_step SET facts = '{}'`,
      `UPDATE provisioner.ceremony_step SET entry = '{}', hash = '\\x00'`,
      'DELETE FROM provisioner.ceremony_step',
      'TRUNCATE provisioner.ceremony_step',
      'DELETE FROM provisioner.trust_artifact',
      'UPDATE provisioner.trust_artifact SET generation = 9',
      'DELETE FROM provisioner.customer',
      'DELETE FROM provisioner.authority',
    ]) {
      await expect(scope.run(alice, (manager) => manager.query(statement))).rejects.toThrow(
        /permission denied/,
      );
    }
  });
});
