import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { issuerMigrations } from '../issuer.module.js';
import { TestKms } from '../testing/test-authority.js';
import {
  FakeNeighbours,
  mintRequest,
  startTestIssuer,
  type TestIssuer,
  testCustomer,
} from '../testing/test-issuer.js';

describe('an idempotency key', () => {
  const clock = new FixedClock('2026-03-10T12:00:00Z');
  const neighbours = new FakeNeighbours();
  let database: TestDatabase;
  let kms: TestKms;
  let one: TestIssuer;
  let other: TestIssuer;

  const start = (): Promise<TestIssuer> => startTestIssuer({ database, kms, clock, neighbours });
  const stored = async (customerId: string): Promise<number> => {
    const sql = 'SELECT count(*)::int AS n FROM issuer.certificate WHERE customer_id = $1';
    const [row] = await database.query<{ n: number }>(sql, [customerId]);
    return row?.n ?? -1;
  };

  beforeAll(async () => {
    database = await testDatabase([issuerMigrations]);
    kms = await TestKms.open();
    one = await start();
    other = await start();
  });
  afterAll(async () => {
    await one.stop();
    await other.stop();
    await database.drop();
    kms.close();
  });
  beforeEach(() => clock.set('2026-03-10T12:00:00Z'));

  it('gives the same answer again, from another replica too, and spends nothing', async () => {
    const { customerId } = await testCustomer(kms, neighbours, { perMonth: 3 });
    const request = mintRequest(customerId, 3, 'deploy-17');
    const first = await one.client.mint(request);
    expect(first).toMatchObject({ replayed: false, batchNumber: 1n });
    clock.advance(3_600_000);
    for (const replica of [one, other]) {
      const again = await replica.client.mint(request);
      expect(again).toMatchObject({ replayed: true, batchNumber: 1n });
      const octets = (answer: typeof first) =>
        answer.certificates.map((each) => [
          Buffer.from(each.der),
          Buffer.from(each.serial),
          Buffer.from(each.fingerprint),
          each.notBefore,
          each.notAfter,
        ]);
      expect(octets(again)).toEqual(octets(first));
      expect(again.chain.map((der) => Buffer.from(der))).toEqual(first.chain.map((der) => Buffer.from(der)));
    }
    expect(await stored(customerId)).toBe(3);
    expect((await other.client.getQuota({ customerId })).usedThisMonth).toBe(3n);
  });

  it('issues once when twins come at the same time', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    const request = mintRequest(customerId, 2, 'twins');
    const answers = await Promise.all(
      [one, other, one, other, one].map((replica) => replica.client.mint(request)),
    );
    const serials = answers.map((answer) =>
      answer.certificates.map((each) => Buffer.from(each.serial).toString('hex')).join(),
    );
    expect(new Set(serials).size).toBe(1);
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect(await stored(customerId)).toBe(2);
  });

  it('is refused with another body or another TTL', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    const request = mintRequest(customerId, 1, 'reused');
    await one.client.mint(request);
    const reused = { code: 'idempotency_key_reused' };
    await expect(other.client.mint(mintRequest(customerId, 1, 'reused'))).rejects.toMatchObject(reused);
    await expect(one.client.mint({ ...request, ttlSeconds: 7_200n })).rejects.toMatchObject(reused);
    // Also where the other body would not have been minted at all.
    const bad = { ...request, csrs: [new Uint8Array([1])] };
    await expect(one.client.mint(bad)).rejects.toMatchObject(reused);
    expect(await stored(customerId)).toBe(1);
  });

  it('belongs to one customer', async () => {
    const a = await testCustomer(kms, neighbours);
    const b = await testCustomer(kms, neighbours);
    const request = mintRequest(a.customerId, 1, 'shared-word');
    await one.client.mint(request);
    const answer = await one.client.mint({ ...request, customerId: b.customerId });
    expect(answer.replayed).toBe(false);
  });

  it('is never limited when it is spent, and is not spent when it is limited', async () => {
    const { customerId } = await testCustomer(kms, neighbours, { perMinute: 1 });
    const spent = mintRequest(customerId, 1, 'first');
    const limited = mintRequest(customerId, 1, 'second');
    await one.client.mint(spent);
    for (const replica of [one, other, one]) {
      await expect(replica.client.mint(limited)).rejects.toMatchObject({
        code: 'rate_limited',
        details: { limit: 1, used: 1, retry_after: 60 },
      });
      expect(await replica.client.mint(spent)).toMatchObject({ replayed: true });
    }
    clock.advance(60_000);
    expect(await one.client.mint(limited)).toMatchObject({ replayed: false });
  });

  it('is remembered through a restart', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    const request = mintRequest(customerId, 2, 'before the restart');
    const before = await startTestIssuer({ database, kms, clock, neighbours });
    const first = await before.client.mint(request);
    await before.stop();
    const after = await start();
    const again = await after.client.mint(request);
    await after.stop();
    expect(again.replayed).toBe(true);
    expect(again.certificates.map((each) => Buffer.from(each.der))).toEqual(
      first.certificates.map((each) => Buffer.from(each.der)),
    );
  });

  it('lives 24 hours', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    const request = mintRequest(customerId, 1, 'daily');
    await one.client.mint(request);
    clock.advance(24 * 3_600_000 - 1);
    expect(await one.client.mint(request)).toMatchObject({ replayed: true });
    clock.advance(1);
    expect(await one.client.mint(request)).toMatchObject({ replayed: false });
    const rows = (): Promise<{ n: number }[]> =>
      database.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM issuer.idempotency WHERE customer_id = $1',
        [customerId],
      );
    await database.query('SELECT issuer.purge_idempotency($1, 1000)', [new Date(clock.now())]);
    expect(await rows()).toEqual([{ n: 1 }]);
    clock.advance(24 * 3_600_000);
    await database.query('SELECT issuer.purge_idempotency($1, 1000)', [new Date(clock.now())]);
    expect(await rows()).toEqual([{ n: 0 }]);
  });
});
