import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { CustomerStatus } from '#libs/contracts';
import { createPool, dataSourceOptions, Outbox, TenantScope } from '#libs/database';
import type { Signer } from '#libs/kms';
import { systemClock } from '#libs/service';
import { AuthorityEntity } from '../authority/authority.entity.js';
import { AuthorityRepository } from '../authority/authority.repository.js';
import { AuthorityService } from '../authority/authority.service.js';
import { CustomerEntity } from '../customer/customer.entity.js';
import { CustomerRepository } from '../customer/customer.repository.js';
import { CustomerService } from '../customer/customer.service.js';
import { opensslVerify } from '../testing/openssl.js';
import {
  authorityOf,
  becomesActive,
  eventually,
  ProvisionerHarness,
  pkiUrl,
  type Replica,
} from '../testing/provisioner-harness.js';
import { TrustArtifactEntity } from '../trust-artifact/trust-artifact.entity.js';
import { TrustArtifactRepository } from '../trust-artifact/trust-artifact.repository.js';
import { TrustArtifactService } from '../trust-artifact/trust-artifact.service.js';
import { CeremonyEntity, type CeremonyRow, CeremonyStepEntity } from './ceremony.entity.js';
import { CeremonyLock } from './ceremony.lock.js';
import { CeremonyRepository } from './ceremony.repository.js';
import { CeremonyService } from './ceremony.service.js';
import { type CeremonyStep, ceremonySteps } from './ceremony-step.js';

let harness: ProvisionerHarness;
let dataSource: DataSource;
let scope: TenantScope;

beforeAll(async () => {
  harness = await ProvisionerHarness.start();
  const entities = [
    CustomerEntity,
    AuthorityEntity,
    TrustArtifactEntity,
    CeremonyEntity,
    CeremonyStepEntity,
  ] as const;
  const settings = harness.database.settings('provisioner');
  dataSource = new DataSource(
    dataSourceOptions(settings, { service: 'provisioner', entities: [...entities] }),
  );
  await dataSource.initialize();
  scope = new TenantScope(dataSource);
}, 30_000);
afterAll(async () => {
  await dataSource?.destroy();
  await harness?.stop();
}, 20_000);

/** Dies when a step is recorded: the work outside the database is done by then. */
class KilledAt extends CeremonyRepository {
  constructor(private readonly fatal: CeremonyStep) {
    super();
  }

  override record(...[manager, record]: Parameters<CeremonyRepository['record']>): Promise<boolean> {
    if (record.step === this.fatal) throw new Error('killed');
    return super.record(manager, record);
  }
}

const asleep = { wake: () => undefined };

/** The parts of a process that never runs a ceremony by itself. */
async function parts(ceremonies = new CeremonyRepository(), signer?: Signer) {
  const customers = new CustomerRepository();
  const authorities = new AuthorityRepository();
  const artifacts = new TrustArtifactRepository();
  const outbox = new Outbox('provisioner');
  const shared = { scope, customers, ceremonies, authorities, artifacts, outbox, clock: systemClock };
  const authorityService = new AuthorityService(shared);
  const trustArtifacts = new TrustArtifactService(artifacts, systemClock);
  const opened = signer ?? (await harness.signer());
  const service = new CeremonyService({
    ...shared,
    authorityService,
    trustArtifacts,
    signer: opened,
    pkiUrl,
  });
  const customerService = new CustomerService({ ...shared, relay: asleep, runner: asleep });
  return { service, customerService };
}

const wish = { rootAlgorithm: 'P-256', intermediateAlgorithm: 'P-256', nameConstraints: null } as const;

async function ceremonyOf(customerId: string): Promise<CeremonyRow> {
  const row = await scope.run(customerId, (manager) => manager.findOneBy(CeremonyEntity, { customerId }));
  if (!row) throw new Error('no ceremony');
  return row;
}

async function runUntilKilled(service: CeremonyService, customerId: string): Promise<void> {
  let ceremony: CeremonyRow | undefined = await ceremonyOf(customerId);
  while (ceremony) ceremony = await service.advance(ceremony);
}

/** One root, one intermediate, one chain, every step once, and a valid chain. */
async function expectOneCa(replica: Replica, handle: string): Promise<void> {
  const authority = await authorityOf(replica, handle);
  const id = [authority.customerId];
  const rows = await harness.database.query<{ kind: string; certificate: Buffer }>(
    'SELECT kind, certificate FROM provisioner.authority WHERE customer_id = $1 ORDER BY kind',
    id,
  );
  expect(rows.map(({ kind }) => kind)).toEqual(['intermediate', 'root']);
  expect(rows.map(({ certificate }) => certificate.toString('hex'))).toEqual(
    [authority.intermediateDer, authority.rootDer].map((der) => Buffer.from(der).toString('hex')),
  );
  const steps = await harness.database.query(
    'SELECT FROM provisioner.ceremony_step WHERE customer_id = $1',
    id,
  );
  expect(steps).toHaveLength(ceremonySteps.length);
  const signer = await harness.signer();
  const keys = await signer.list({ customer: authority.customerId });
  expect(keys.map(({ name, state }) => [name, state])).toEqual([
    [`dev-${handle}-intermediate`, 'enabled'],
    [`dev-${handle}-root`, 'disabled'],
  ]);
  expect(await opensslVerify(authority.rootDer, authority.intermediateDer)).toContain('intermediate: OK');
}

describe('a ceremony that is killed', () => {
  const handles = new Map<string, string>();

  it.each(ceremonySteps)('before %s is recorded leaves work that can be done again', async (step) => {
    const { service, customerService } = await parts(new KilledAt(step));
    const handle = `before-${step.replaceAll('_', '-')}`;
    const { id } = await customerService.create({ ...wish, handle });
    handles.set(handle, id);
    await expect(runUntilKilled(service, id)).rejects.toThrow('killed');
    expect((await ceremonyOf(id)).step).toBe(step);
    // And a second time, at the same place.
    await expect(runUntilKilled(service, id)).rejects.toThrow('killed');
  });

  it.each(ceremonySteps)('after %s is recorded goes on with the next', async (step) => {
    const { service, customerService } = await parts();
    const handle = `after-${step.replaceAll('_', '-')}`;
    const { id } = await customerService.create({ ...wish, handle });
    handles.set(handle, id);
    let ceremony: CeremonyRow | undefined = await ceremonyOf(id);
    for (const _ of ceremonySteps.slice(0, ceremonySteps.indexOf(step) + 1)) {
      ceremony = ceremony && (await service.advance(ceremony));
    }
  });

  it('ends by itself once a provisioner starts: one root, one intermediate, active', async () => {
    const replica = await harness.replica();
    for (const handle of handles.keys()) {
      await becomesActive(replica, handle);
      await expectOneCa(replica, handle);
    }
    await eventually(() => (harness.authorityEvents.length === handles.size ? true : undefined));
    await replica.stop();
  }, 30_000);
});

describe('two that work on one ceremony at once', () => {
  it('record each step once, also without the lock', async () => {
    const both = [await parts(), await parts()];
    const first = both[0];
    if (!first) throw new Error('nobody works');
    const { id } = await first.customerService.create({ ...wish, handle: 'raced' });
    const workers = both.map(async ({ service }) => {
      for (let round = 0; round < 200; round++) {
        const ceremony = await ceremonyOf(id);
        if (ceremony.finishedAt) return;
        await service.advance(ceremony);
      }
    });
    await Promise.all(workers);
    const replica = await harness.replica();
    await expectOneCa(replica, 'raced');
    await replica.stop();
  });

  it('are kept apart by the lock, which a dead process gives back', async () => {
    const pool = createPool(harness.database.settings('provisioner'), { service: 'provisioner' });
    const lock = await CeremonyLock.take(pool, 'the same');
    expect(await CeremonyLock.take(pool, 'the same')).toBeUndefined();
    await harness.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database =
        (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    const taken = await eventually(() => CeremonyLock.take(pool, 'the same'));
    await taken.release();
    await lock?.release();
    await pool.end();
  });

  it('share many customers between them', async () => {
    const replicas = [await harness.replica(), await harness.replica()];
    const handles = Array.from({ length: 12 }, (_, index) => `shared-${index}`);
    await Promise.all(handles.map((handle, index) => replicas[index % 2]?.client.createCustomer({ handle })));
    for (const replica of replicas) {
      for (const handle of handles) await becomesActive(replica, handle);
    }
    const [replica] = replicas;
    if (replica) for (const handle of handles) await expectOneCa(replica, handle);
    for (const each of replicas) await each.stop();
  }, 30_000);
});

/** The same keys, another way to sign. */
function withSign(signer: Signer, sign: Signer['sign']): Signer {
  return {
    sign,
    createKey: (...call) => signer.createKey(...call),
    describe: (key) => signer.describe(key),
    publicKey: (key) => signer.publicKey(key),
    disable: (key) => signer.disable(key),
    enable: (key) => signer.enable(key),
    list: (labels) => signer.list(labels),
    scheduleDestruction: (key) => signer.scheduleDestruction(key),
    adopts: signer.adopts,
    adopt: (...call) => signer.adopt(...call),
    allowSigning: (...call) => signer.allowSigning(...call),
    attestation: (key) => signer.attestation(key),
  };
}

describe('a ceremony that meets trouble', () => {
  it('is tried again until the key management service is back, and says why meanwhile', async () => {
    const signer = await harness.signer();
    let down = true;
    const flaky = withSign(signer, async (...call) => {
      if (down) throw new Error('unreachable');
      return signer.sign(...call);
    });
    const replica = await harness.replica({ signer: flaky });
    await replica.client.createCustomer({ handle: 'patient' });
    const waiting = await eventually(async () => {
      const { customer } = await replica.client.getCustomer({ handle: 'patient' });
      return customer?.ceremonyProblem ? customer : undefined;
    });
    expect(waiting.status).toBe(CustomerStatus.PROVISIONING);
    expect(waiting.ceremonyStep).toBe('root_certificate');
    await expect(replica.client.getAuthority({ handle: 'patient' })).rejects.toMatchObject({
      code: 'customer_not_active',
    });
    await eventually(async () => ((await ceremonyOf(waiting.id)).failures >= 3 ? true : undefined));
    down = false;
    const active = await becomesActive(replica, 'patient');
    expect(active).toMatchObject({ ceremonyStep: '', ceremonyProblem: '' });
    await expectOneCa(replica, 'patient');
    await replica.stop();
  }, 20_000);

  it('never accepts a signature that does not verify', async () => {
    const signer = await harness.signer();
    const lying = withSign(signer, async () => [Buffer.from('3006020101020101', 'hex')]);
    const { service, customerService } = await parts(new CeremonyRepository(), lying);
    const { id } = await customerService.create({ ...wish, handle: 'lied-to' });
    await expect(runUntilKilled(service, id)).rejects.toMatchObject({ code: 'signer_unavailable' });
    expect((await ceremonyOf(id)).step).toBe('root_certificate');
  });
});

describe('a provisioner process', () => {
  let script: string;

  /** A process with nothing but the provisioner; resolves once it works on ceremonies. */
  function launch(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.stdout.once('data', () => resolve(child));
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
  }

  it('survives SIGKILL at random moments: every customer has one CA in the end', async () => {
    const dist = join(process.cwd(), 'dist');
    script = join(harness.folder, 'provisioner.mjs');
    writeFileSync(
      script,
      `import { startProvisioner } from '${dist}/apps/provisioner/src/provisioner.module.js';
       import { createLogger, createRegistry } from '${dist}/libs/observability/src/index.js';
       import { createInProcessEventBus, createInProcessTransport } from '${dist}/libs/rpc/src/index.js';
       import { systemClock } from '${dist}/libs/service/src/index.js';
       const logger = createLogger('provisioner', 'silent');
       await startProvisioner({ config: ${JSON.stringify(harness.config)}, logger, clock: systemClock,
         rpc: createInProcessTransport({ logger }), events: createInProcessEventBus({ logger }),
         metrics: createRegistry('provisioner') });
       console.log('working');`,
    );
    const { customerService } = await parts();
    const handles = Array.from({ length: 24 }, (_, index) => `killed-${index}`);
    for (const handle of handles) await customerService.create({ ...wish, handle });
    for (let kill = 0; kill < 5; kill++) {
      const child = await launch();
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 150));
      child.removeAllListeners('exit');
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    const replica = await harness.replica();
    for (const handle of handles) await becomesActive(replica, handle);
    for (const handle of handles) await expectOneCa(replica, handle);
    await replica.stop();
  }, 60_000);
});
