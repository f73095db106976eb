import { TenantScope } from '#libs/database';
import { createLogger, createRegistry } from '#libs/observability';
import { FixedClock } from '#libs/testing';
import { CeremonyRepository } from '../ceremony/ceremony.repository.js';
import { KeyPool } from '../key-pool/key-pool.js';
import { KeyPoolRepository } from '../key-pool/key-pool.repository.js';
import { IdleRoots } from '../root-crl/idle-roots.js';
import { KilledAt, provisionerFixture, startWorker } from '../testing/worker.js';
import { OrphanReconciler } from './orphan.reconciler.js';
import { OrphanRepository } from './orphan.repository.js';

const graceMs = 3_600_000;
const fixture = provisionerFixture();

describe('the reconciler of keys', () => {
  it('reports a key that nobody names, cleans it after the grace time, and touches no other', async () => {
    const clock = new FixedClock(Date.now());
    const signer = await fixture.harness.signer();
    const scope = new TenantScope(fixture.dataSource);
    const ceremonies = new CeremonyRepository();
    const poolKeys = new KeyPoolRepository();
    const keyPool = new KeyPool({ scope, poolKeys, ceremonies, signer, clock, size: 1 });
    const metrics = createRegistry('provisioner');
    const logger = createLogger('provisioner', 'silent');
    const reconciler = new OrphanReconciler({
      ...{ scope, signer, clock, keyPool, metrics, logger, graceMs },
      idleRoots: new IdleRoots({ signer, logger }),
      orphans: new OrphanRepository(),
    });
    const state = async (name: string) => (await signer.list({})).find((key) => key.name === name)?.state;

    // What is needed: a CA, the keys of the pool, and what a ceremony under way has made but not recorded.
    const well = await startWorker(fixture.harness, fixture.dataSource);
    const { id } = await well.create('needed');
    await well.runToEnd(id);
    const interrupted = await startWorker(fixture.harness, fixture.dataSource, {
      ceremonies: new KilledAt('root_key'),
    });
    const torn = await interrupted.create('torn');
    await expect(interrupted.runToEnd(torn.id)).rejects.toThrow('killed');
    await keyPool.fill(new AbortController().signal);
    expect(await signer.list({ purpose: 'pool' })).toHaveLength(2);

    // What is not: a key whose customer the database does not know. And what is none of our business.
    const labels = { ...(await keyPool.mark()), customer: 'gone', purpose: 'root', generation: '1' };
    await signer.createKey('dev-gone-root', 'P-256', labels);
    await signer.createKey('somebody-elses', 'P-256', { purpose: 'root' });
    await signer.createKey('of-another', 'P-256', { ...labels, installation: 'another' });

    // As a process leaves it that dies while the root signs a CRL.
    const [root] = await signer.list({ customer: id, purpose: 'root' });
    if (root) await signer.enable(root.key);

    const orphan = ['dev-gone-root'];
    expect(await reconciler.reconcile()).toEqual({ found: orphan, cleaned: [] });
    expect(await metrics.getSingleMetricAsString('stackrunner_orphan_keys')).toMatch(
      /stackrunner_orphan_keys\S* 1\n?$/,
    );
    expect(await state('dev-gone-root')).toBe('enabled');
    expect(await state('dev-needed-root')).toBe('disabled');

    clock.advance(graceMs + 60_000);
    expect(await reconciler.reconcile()).toEqual({ found: orphan, cleaned: orphan });
    expect(await reconciler.reconcile()).toEqual({ found: [], cleaned: [] });
    const states = Object.fromEntries((await signer.list({})).map((key) => [key.name, key.state]));
    expect(states).toMatchObject({
      'dev-gone-root': 'pending_destruction',
      'dev-needed-intermediate': 'enabled',
      'dev-needed-root': 'disabled',
      'dev-torn-root': 'enabled',
      'of-another': 'enabled',
      'somebody-elses': 'enabled',
    });
    expect(Object.entries(states).filter(([name]) => name.startsWith('dev-pool-'))).toHaveLength(2);
    expect(new Set(Object.values(states))).toEqual(new Set(['enabled', 'disabled', 'pending_destruction']));
    await well.runToEnd(torn.id);
    expect(await state('dev-torn-root')).toBe('disabled');
  }, 30_000);
});
