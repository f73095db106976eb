import { createSigner, type KeyManagement, signerFailureReason } from '#libs/kms';
import { borrowEnvironment, FixedClock, startAwsDouble } from '#libs/testing';
import { parseCertificate } from '#libs/x509';
import { ceremonySteps } from '../ceremony/ceremony-step.js';
import { opensslVerify } from '../testing/openssl.js';
import { becomesActive, eventually } from '../testing/provisioner-harness.js';
import { KilledAt, provisionerFixture, startWorker, type WorkerOptions } from '../testing/worker.js';
import { retirementAgeMs, rotationAgeMs } from './rotation.service.js';

const fixture = provisionerFixture();
const worker = (options: WorkerOptions = {}) => startWorker(fixture.harness, fixture.dataSource, options);
const rotation = ceremonySteps.rotation;
const now = { now: true, dryRun: false, requestedBy: 'a test' };

/** Two intermediates under one root, each verified; the root signs nothing, both intermediates do. */
async function expectTwoGenerations(
  customerId: string,
  handle: string,
  keys: Pick<KeyManagement, 'list'> | undefined = undefined,
): Promise<void> {
  const rows = await fixture.harness.database.query<{ root: Buffer; intermediate: Buffer }>(
    'SELECT root, intermediate FROM provisioner.trust_artifact WHERE customer_id = $1 ORDER BY generation',
    [customerId],
  );
  const [first, second] = rows;
  if (!first || !second || rows.length > 2) throw new Error(`${handle} has ${rows.length} chains`);
  expect(second.root.equals(first.root)).toBe(true);
  for (const { root, intermediate } of rows) {
    expect(await opensslVerify(root, intermediate)).toContain('intermediate: OK');
  }
  const signer = keys ?? (await fixture.harness.signer());
  const listed = await signer.list({ customer: customerId });
  expect(listed.map(({ name, state }) => [name, state])).toEqual([
    [`dev-${handle}-intermediate`, 'enabled'],
    [`dev-${handle}-intermediate-g2`, 'enabled'],
    [`dev-${handle}-root`, 'disabled'],
  ]);
  const authorities = await fixture.harness.database.query<{ kind: string }>(
    'SELECT kind FROM provisioner.authority WHERE customer_id = $1 ORDER BY kind',
    [customerId],
  );
  expect(authorities.map(({ kind }) => kind)).toEqual(['intermediate', 'intermediate', 'root']);
}

describe('a rotation that is killed', () => {
  it.each(rotation)(
    'before and after %s is recorded goes on to the same end',
    async (step) => {
      const handle = `turn-${step.replaceAll('_', '-')}`;
      const killed = await worker({ ceremonies: new KilledAt(step) });
      const well = await worker();
      const { id } = await well.create(handle);
      await well.runToEnd(id);
      await well.rotations.rotate({ ...now, handle });
      // Twice at the same place, as one that is restarted into the same trouble.
      await expect(killed.runToEnd(id)).rejects.toThrow('killed');
      await expect(killed.runToEnd(id)).rejects.toThrow('killed');
      const ceremony = await well.underWay(id);
      expect(ceremony).toMatchObject({ kind: 'rotation', step });
      // And once more between this step and the next.
      if (ceremony) await well.advance(ceremony);
      await (await worker()).runToEnd(id);
      expect(await well.underWay(id)).toBeNull();
      await expectTwoGenerations(id, handle);
    },
    30_000,
  );
});

describe('the rotation of a customer', () => {
  it('enables a root in AWS KMS for one signature, and disables it again', async () => {
    const aws = await startAwsDouble();
    const giveBack = borrowEnvironment(aws.env);
    const signer = await createSigner({ backend: 'aws' });
    try {
      const { create, runToEnd, rotations } = await worker({ signer });
      const { id } = await create('in-the-cloud');
      await runToEnd(id);
      await rotations.rotate({ ...now, handle: 'in-the-cloud' });
      const before = aws.faults.calls.sign;
      await runToEnd(id);
      // The second intermediate, by the root. Nothing else was signed.
      expect(aws.faults.calls.sign - before).toBe(1);
      await expectTwoGenerations(id, 'in-the-cloud', signer);
    } finally {
      await signer.close();
      await aws.close();
      giveBack();
    }
  }, 30_000);

  it('goes on when a CRL that the root has signed meanwhile left its key disabled', async () => {
    const { create, runToEnd, rotations, underWay, advance } = await worker();
    const { id } = await create('between');
    await runToEnd(id);
    await rotations.rotate({ ...now, handle: 'between' });
    let ceremony = await underWay(id);
    while (ceremony && ceremony.step !== 'intermediate_certificate') {
      ceremony = (await advance(ceremony)) ?? null;
    }
    const signer = await fixture.harness.signer();
    const [root] = await signer.list({ customer: id, purpose: 'root' });
    expect(root?.state).toBe('enabled');
    if (root) await signer.disable(root.key);
    await runToEnd(id);
    await expectTwoGenerations(id, 'between');
  });

  it('is one, however many ask at once', async () => {
    const { create, runToEnd, rotations } = await worker();
    const { id } = await create('asked-often');
    await runToEnd(id);
    const asked = Array.from({ length: 5 }, () => rotations.rotate({ ...now, handle: 'asked-often' }));
    const ended = await Promise.allSettled(asked);
    expect(ended.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    for (const each of ended) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'ceremony_under_way' });
    }
    await runToEnd(id);
    await expectTwoGenerations(id, 'asked-often');
  });

  it('waits for the first ceremony, and for a customer that is there', async () => {
    const { create, rotations } = await worker();
    await create('unborn');
    await expect(rotations.rotate({ ...now, handle: 'unborn' })).rejects.toMatchObject({
      code: 'customer_not_active',
    });
    await expect(rotations.rotate({ ...now, handle: 'nobody' })).rejects.toMatchObject({
      code: 'customer_not_found',
    });
  });
});

describe('a year of a customer', () => {
  it('rotates 30 days before the birthday, retires the old key when nothing of it is valid, and goes on', async () => {
    const clock = new FixedClock(Date.now());
    const { create, runToEnd, rotations, underWay } = await worker({ clock });
    const { id } = await create('yearly');
    await runToEnd(id);
    const signer = await fixture.harness.signer();
    const state = async (name: string) =>
      (await signer.list({ customer: id })).find((key) => key.name === name)?.state;

    clock.advance(rotationAgeMs - 60_000);
    await rotations.startDue();
    expect(await underWay(id)).toBeNull();
    clock.advance(120_000);
    await rotations.startDue();
    expect(await underWay(id)).toMatchObject({ kind: 'rotation', generation: 2, requestedBy: 'scheduler' });
    // A leader that looks again while it is under way starts no other.
    await rotations.startDue();
    await runToEnd(id);
    const retired = await eventually(() => outboxTypes(id));
    expect(retired).toEqual(['ca.activated', 'ca.retired']);

    clock.advance(retirementAgeMs - 60_000);
    await rotations.startDue();
    expect(await underWay(id)).toBeNull();
    expect(await state('dev-yearly-intermediate')).toBe('enabled');
    clock.advance(120_000);
    await rotations.startDue();
    expect(await underWay(id)).toMatchObject({ kind: 'retirement', generation: 2 });
    await runToEnd(id);
    expect(await state('dev-yearly-intermediate')).toBe('disabled');
    expect(await state('dev-yearly-intermediate-g2')).toBe('enabled');
    await rotations.startDue();
    expect(await underWay(id)).toBeNull();

    clock.advance(rotationAgeMs);
    await rotations.startDue();
    expect(await underWay(id)).toMatchObject({ kind: 'rotation', generation: 3 });
    await runToEnd(id);
    const [newest] = await fixture.harness.database.query<{ intermediate: Buffer }>(
      'SELECT intermediate FROM provisioner.trust_artifact WHERE customer_id = $1 AND generation = 3',
      [id],
    );
    const { notAfter, notBefore } = parseCertificate(newest?.intermediate ?? Buffer.of());
    expect((notAfter - notBefore) / 86_400_000 / 365.25).toBeCloseTo(2, 1);
    expect(await state('dev-yearly-root')).toBe('disabled');
  }, 30_000);

  /** What the last activation has left for the others to hear. */
  async function outboxTypes(customerId: string): Promise<string[] | undefined> {
    const rows = await fixture.harness.database.query<{ type: string; payload: Buffer }>(
      'SELECT type, payload FROM provisioner.outbox ORDER BY id',
    );
    const own = rows.filter(({ payload }) => payload.includes(customerId)).map(({ type }) => type);
    return own.slice(own.lastIndexOf('ca.activated'));
  }
});

describe('provisioners that run', () => {
  it('rotate by themselves when asked, tell the others, and leave the scheduled work to one leader', async () => {
    const replicas = [await fixture.harness.replica(), await fixture.harness.replica()];
    const [replica] = replicas;
    if (!replica) throw new Error('nobody runs');
    await replica.client.createCustomer({ handle: 'running' });
    const { id } = await becomesActive(replica, 'running');
    await replica.client.rotateAuthority({ handle: 'running', now: true, requestedBy: 'operator' });
    const told = await eventually(() =>
      fixture.harness.authorityEvents.find(
        (event) => event.authority?.customerId === id && event.authority.generation === 2,
      ),
    );
    await eventually(() => fixture.harness.retiredEvents.find(({ customerId }) => customerId === id));
    const { authority } = await replica.client.getAuthority({ handle: 'running' });
    expect(authority).toEqual(told.authority);
    const first = await replica.client.getAuthority({ handle: 'running', generation: 1 });
    expect(first.authority?.keyRef).toBe('local:dev-running-intermediate');
    await expect(replica.client.getAuthority({ handle: 'running', generation: 3 })).rejects.toMatchObject({
      code: 'bad_path',
    });
    await expectTwoGenerations(id, 'running');
    const signer = await fixture.harness.signer();
    const refused = await signer
      .sign({ backend: 'local', resource: 'dev-running-root' }, [new Uint8Array(8)], Date.now() + 5_000)
      .catch(signerFailureReason);
    expect(refused).toBe('key_disabled');
    const [leaders] = await fixture.harness.database.query<{ count: string }>(
      `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database =
        (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    expect(leaders?.count).toBe('1');
    for (const each of replicas) await each.stop();
  }, 30_000);
});
