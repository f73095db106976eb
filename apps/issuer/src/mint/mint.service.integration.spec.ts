import { CustomerStatus } from '#libs/contracts';
import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { parseCertificate, verifyCertificateSignature } from '#libs/x509';
import { issuerMigrations } from '../issuer.module.js';
import { TestKms } from '../testing/test-authority.js';
import { testCsr } from '../testing/test-csr.js';
import {
  FakeNeighbours,
  mintRequest,
  startTestIssuer,
  type TestIssuer,
  testCustomer,
} from '../testing/test-issuer.js';

describe('minting', () => {
  const clock = new FixedClock('2026-03-31T12:00:00Z');
  const neighbours = new FakeNeighbours();
  let database: TestDatabase;
  let kms: TestKms;
  let issuer: TestIssuer;

  beforeAll(async () => {
    database = await testDatabase([issuerMigrations]);
    kms = await TestKms.open();
    issuer = await startTestIssuer({ database, kms, clock, neighbours });
  });
  afterAll(async () => {
    await issuer.stop();
    await database.drop();
    kms.close();
  });

  const stored = async (customerId: string): Promise<number> => {
    const [row] = await database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM issuer.certificate WHERE customer_id = $1',
      [customerId],
    );
    return row?.n ?? -1;
  };

  it('answers with a certificate of the intermediate, recorded, and tells of it', async () => {
    const authority = await testCustomer(kms, neighbours);
    const answer = await issuer.client.mint(mintRequest(authority.customerId));
    expect(answer.certificates).toHaveLength(1);
    expect(answer.batchNumber).toBeUndefined();
    expect(answer.replayed).toBe(false);
    const [minted] = answer.certificates;
    const leaf = parseCertificate(minted?.der ?? new Uint8Array());
    expect(verifyCertificateSignature(leaf, parseCertificate(authority.intermediateDer))).toBe(true);
    expect(leaf.notBefore).toBe(clock.now() - 60_000);
    expect(leaf.notAfter).toBe(clock.now() + 86_400_000);
    expect(Number(minted?.notAfter)).toBe((clock.now() + 86_400_000) / 1000);
    expect(Buffer.from(minted?.serial ?? []).toString('hex')).toBe(leaf.serialHex);
    expect(answer.chain.map((der) => Buffer.from(der))).toEqual([
      Buffer.from(authority.intermediateDer),
      Buffer.from(authority.rootDer),
    ]);
    expect(await stored(authority.customerId)).toBe(1);
    const found = await issuer.client.getCertificate({
      customerId: authority.customerId,
      serial: minted?.serial ?? new Uint8Array(),
    });
    expect(Buffer.from(found.certificate?.der ?? [])).toEqual(Buffer.from(minted?.der ?? []));
  });

  it('rejects a batch with one bad request, naming it, and spends nothing', async () => {
    const { customerId } = await testCustomer(kms, neighbours, { perMonth: 200 });
    const request = mintRequest(customerId, 100);
    request.csrs[41] = new Uint8Array();
    request.csrs[97] = new Uint8Array([0x30, 0x00]);
    await expect(issuer.client.mint(request)).rejects.toMatchObject({
      code: 'issue_failed',
      message: expect.stringMatching(/^csr 41: .+; csr 97: .+/),
      details: { failures: [{ index: 41 }, { index: 97 }] },
    });
    expect(await stored(customerId)).toBe(0);
    const after = await issuer.client.mint(mintRequest(customerId, 2));
    expect(after.batchNumber).toBe(1n);
    expect((await issuer.client.getQuota({ customerId })).usedThisMonth).toBe(2n);
  });

  it('refuses what is out of bounds', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    const request = mintRequest(customerId);
    await expect(issuer.client.mint({ ...request, csrs: [] })).rejects.toMatchObject({ code: 'bad_count' });
    await expect(issuer.client.mint({ ...request, ttlSeconds: 3_599n })).rejects.toMatchObject({
      code: 'bad_ttl',
    });
    await expect(issuer.client.mint({ ...request, ttlSeconds: 7_776_001n })).rejects.toMatchObject({
      code: 'bad_ttl',
    });
    await expect(issuer.client.mint({ ...request, customerId: 'x' })).rejects.toMatchObject({
      code: 'bad_request',
    });
    const csrs = Array.from({ length: 101 }, () => testCsr());
    await expect(issuer.client.mint({ ...request, csrs })).rejects.toMatchObject({ code: 'bad_count' });
  });

  it('mints for nobody who is suspended or unknown', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    await issuer.client.mint(mintRequest(customerId));
    const customer = neighbours.customers.get(customerId);
    if (!customer) throw new Error('no customer');
    const { toBinary } = await import('@bufbuild/protobuf');
    const { CustomerChangedSchema } = await import('#libs/contracts');
    const tell = (status: CustomerStatus, version: bigint): Promise<void> =>
      issuer.events.publish(
        'customer.changed',
        toBinary(CustomerChangedSchema, {
          $typeName: 'stackrunner.event.v1.CustomerChanged',
          customer: { ...customer, status, version },
        }),
        `test-${customerId}-${version}`,
      );
    await tell(CustomerStatus.SUSPENDED, 5n);
    await expect(issuer.client.mint(mintRequest(customerId))).rejects.toMatchObject({
      code: 'customer_not_active',
    });
    await tell(CustomerStatus.ACTIVE, 4n);
    await expect(issuer.client.mint(mintRequest(customerId))).rejects.toMatchObject({
      code: 'customer_not_active',
    });
    await tell(CustomerStatus.ACTIVE, 6n);
    await expect(issuer.client.mint(mintRequest(customerId))).resolves.toBeDefined();
    const stranger = mintRequest('00000000-0000-4000-8000-000000000000');
    await expect(issuer.client.mint(stranger)).rejects.toMatchObject({ code: 'customer_not_found' });
  });

  it('mints each of independent requests, and fails each by itself', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    const requests = [
      mintRequest(customerId),
      mintRequest(customerId, 3),
      { ...mintRequest(customerId), csrs: [] },
    ];
    const { results } = await issuer.client.mintEach({ requests });
    expect(results.map((result) => result.outcome.case)).toEqual(['minted', 'minted', 'error']);
    expect(results[1]?.outcome).toMatchObject({ value: { batchNumber: 1n } });
    expect(results[2]?.outcome).toMatchObject({ value: { code: 'bad_count', detailsJson: '{}' } });
  });

  it('refuses a TTL beyond the end of the intermediate', async () => {
    const now = clock.now() - 2 * 365 * 86_400_000 + 7_200_000;
    const { customerId } = await testCustomer(kms, neighbours, { now });
    await expect(issuer.client.mint(mintRequest(customerId))).rejects.toMatchObject({ code: 'bad_ttl' });
  });

  it('asks its neighbours about a customer once', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    const before = neighbours.calls;
    await Promise.all([1, 2, 3].map(() => issuer.client.mint(mintRequest(customerId))));
    const first = neighbours.calls - before;
    await issuer.client.mint(mintRequest(customerId));
    expect(neighbours.calls - before).toBe(first);
    expect(first).toBeLessThanOrEqual(5);
  });

  it('gives its metrics', async () => {
    const text = await issuer.metrics.metrics();
    expect(text).toMatch(/stackrunner_mints_total\{service="issuer"\} \d+/);
    expect(text).toMatch(/stackrunner_mint_failures_total\{code="bad_count",service="issuer"\} 3/);
    expect(text).toContain('stackrunner_mint_stage_duration_seconds_bucket');
    expect(text).toContain('stackrunner_outbox_lag_seconds');
  });
});
