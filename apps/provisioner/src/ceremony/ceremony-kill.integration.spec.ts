import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CustomerStatus } from '#libs/contracts';
import { createPool } from '#libs/database';
import { opensslVerify } from '../testing/openssl.js';
import {
  authorityOf,
  becomesActive,
  eventually,
  type Replica,
  signerWith,
} from '../testing/provisioner-harness.js';
import { KilledAt, provisionerFixture, startWorker, type WorkerOptions } from '../testing/worker.js';
import { CeremonyLock } from './ceremony.lock.js';
import { ceremonySteps } from './ceremony-step.js';

const births = ceremonySteps.birth;
const fixture = provisionerFixture();
const worker = (options: WorkerOptions = {}) => startWorker(fixture.harness, fixture.dataSource, options);

/** One root, one intermediate, one chain, every step once, and a valid chain. */
async function expectOneCa(replica: Replica, handle: string): Promise<void> {
  const authority = await authorityOf(replica, handle);
  const id = [authority.customerId];
  const rows = await fixture.harness.database.query<{ kind: string; certificate: Buffer }>(
    'SELECT kind, certificate FROM provisioner.authority WHERE customer_id = $1 ORDER BY kind',
    id,
  );
  expect(rows.map(({ kind }) => kind)).toEqual(['intermediate', 'root']);
  expect(rows.map(({ certificate }) => certificate.toString('hex'))).toEqual(
    [authority.intermediateDer, authority.rootDer].map((der) => Buffer.from(der).toString('hex')),
  );
  const steps = await fixture.harness.database.query(
    'SELECT FROM provisioner.ceremony_step WHERE customer_id = $1',
    id,
  );
  expect(steps).toHaveLength(births.length);
  const signer = await fixture.harness.signer();
  const keys = await signer.list({ customer: authority.customerId });
  expect(keys.map(({ name, state }) => [name, state])).toEqual([
    [`dev-${handle}-intermediate`, 'enabled'],
    [`dev-${handle}-root`, 'disabled'],
  ]);
  expect(await opensslVerify(authority.rootDer, authority.intermediateDer)).toContain('intermediate: OK');
}

describe('a ceremony that is killed', () => {
  const handles = new Map<string, string>();

  it.each(births)('before %s is recorded leaves work that can be done again', async (step) => {
    const { create, runToEnd, underWay } = await worker({ ceremonies: new KilledAt(step) });
    const handle = `before-${step.replaceAll('_', '-')}`;
    const { id } = await create(handle);
    handles.set(handle, id);
    await expect(runToEnd(id)).rejects.toThrow('killed');
    expect(await underWay(id)).toMatchObject({ step });
    // And a second time, at the same place.
    await expect(runToEnd(id)).rejects.toThrow('killed');
  });

  it.each(births)('after %s is recorded goes on with the next', async (step) => {
    const { create, advance, underWay } = await worker();
    const handle = `after-${step.replaceAll('_', '-')}`;
    const { id } = await create(handle);
    handles.set(handle, id);
    let ceremony = (await underWay(id)) ?? undefined;
    for (const _ of births.slice(0, births.indexOf(step) + 1)) {
      ceremony = ceremony && (await advance(ceremony));
    }
  });

  it('ends by itself once a provisioner starts: one root, one intermediate, active', async () => {
    const replica = await fixture.harness.replica();
    for (const handle of handles.keys()) {
      await becomesActive(replica, handle);
      await expectOneCa(replica, handle);
    }
    await eventually(() => (fixture.harness.authorityEvents.length === handles.size ? true : undefined));
    await replica.stop();
  }, 30_000);
});

describe('two that work on one ceremony at once', () => {
  it('record each step once, also without the lock', async () => {
    const first = await worker();
    const { id } = await first.create('raced');
    const workers = [first, await worker()].map(async ({ advance, underWay }) => {
      for (let round = 0; round < 200; round++) {
        const ceremony = await underWay(id);
        if (!ceremony) return;
        await advance(ceremony);
      }
    });
    await Promise.all(workers);
    const replica = await fixture.harness.replica();
    await expectOneCa(replica, 'raced');
    await replica.stop();
  });

  it('are kept apart by the lock, which a dead process gives back', async () => {
    const pool = createPool(fixture.harness.database.settings('provisioner'), { service: 'provisioner' });
    const lock = await CeremonyLock.take(pool, 'the same');
    expect(await CeremonyLock.take(pool, 'the same')).toBeUndefined();
    await fixture.harness.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database =
        (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    const taken = await eventually(() => CeremonyLock.take(pool, 'the same'));
    await taken.release();
    await lock?.release();
    await pool.end();
  });

  it('share many customers between them', async () => {
    const replicas = [await fixture.harness.replica(), await fixture.harness.replica()];
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

describe('a ceremony that meets trouble', () => {
  it('is tried again until the key management service is back, and says why meanwhile', async () => {
    const signer = await fixture.harness.signer();
    let down = true;
    const flaky = signerWith(signer, {
      sign: async (...call) => {
        if (down) throw new Error('unreachable');
        return signer.sign(...call);
      },
    });
    const replica = await fixture.harness.replica({ signer: flaky });
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
    const { underWay } = await worker();
    await eventually(async () => (((await underWay(waiting.id))?.failures ?? 0) >= 3 ? true : undefined));
    down = false;
    const active = await becomesActive(replica, 'patient');
    expect(active).toMatchObject({ ceremonyStep: '', ceremonyProblem: '' });
    await expectOneCa(replica, 'patient');
    await replica.stop();
  }, 20_000);

  it('goes on when the database is back, which nobody could reach for a while', async () => {
    const replica = await fixture.harness.replica();
    const { create } = await worker();
    const handles = Array.from({ length: 6 }, (_, index) => `outage-${index}`);
    for (const handle of handles) await create(handle);
    const database = new URL(fixture.harness.database.ownerUrl).pathname.slice(1);
    const doors = (change: 'GRANT' | 'REVOKE') => {
      const whom = change === 'GRANT' ? 'TO PUBLIC' : 'FROM PUBLIC, stackrunner_provisioner';
      return fixture.harness.database.query(`${change} CONNECT ON DATABASE ${database} ${whom}`);
    };
    for (let outage = 0; outage < 3; outage++) {
      await doors('REVOKE');
      await fixture.harness.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND usename = 'stackrunner_provisioner'`,
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      await doors('GRANT');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const handle of handles) await becomesActive(replica, handle, 30);
    for (const handle of handles) await expectOneCa(replica, handle);
    await replica.stop();
  }, 60_000);

  it('never accepts a signature that does not verify', async () => {
    const signer = await fixture.harness.signer();
    const lying = signerWith(signer, { sign: async () => [Buffer.from('3006020101020101', 'hex')] });
    const { create, runToEnd, underWay } = await worker({ signer: lying });
    const { id } = await create('lied-to');
    await expect(runToEnd(id)).rejects.toMatchObject({ code: 'signer_unavailable' });
    expect(await underWay(id)).toMatchObject({ step: 'root_certificate' });
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
    script = join(fixture.harness.folder, 'provisioner.mjs');
    writeFileSync(
      script,
      `import { startProvisioner } from '${dist}/apps/provisioner/src/provisioner.module.js';
       import { createLogger, createRegistry } from '${dist}/libs/observability/src/index.js';
       import { createInProcessEventBus, createInProcessTransport } from '${dist}/libs/rpc/src/index.js';
       import { systemClock } from '${dist}/libs/service/src/index.js';
       const logger = createLogger('provisioner', 'silent');
       await startProvisioner({ config: ${JSON.stringify(fixture.harness.config)}, logger, clock: systemClock,
         rpc: createInProcessTransport({ logger }), events: createInProcessEventBus({ logger }),
         metrics: createRegistry('provisioner') });
       console.log('working');`,
    );
    const { create } = await worker();
    const handles = Array.from({ length: 24 }, (_, index) => `killed-${index}`);
    for (const handle of handles) await create(handle);
    for (let kill = 0; kill < 5; kill++) {
      const child = await launch();
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 150));
      child.removeAllListeners('exit');
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    const replica = await fixture.harness.replica();
    for (const handle of handles) await becomesActive(replica, handle);
    for (const handle of handles) await expectOneCa(replica, handle);
    await replica.stop();
  }, 60_000);
});
