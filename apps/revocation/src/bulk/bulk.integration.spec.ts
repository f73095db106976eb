import { randomBytes, randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type BulkCriteriaSchema,
  type BulkRevocation,
  BulkState,
  RevocationActorKind,
  RevocationReason,
  SerialStatus,
} from '#libs/contracts';
import { events } from '#libs/rpc';
import { type IssuedTestCertificate, RevocationHarness } from '../testing/revocation-harness.js';

const START = '2026-05-19T12:00:00Z';
const NOW = Date.parse(START) / 1000;
const DAY = 86_400;
const actor = { kind: RevocationActorKind.OPERATOR, id: 'operator' };

describe('a bulk revocation', () => {
  let harness: RevocationHarness;
  beforeAll(async () => {
    harness = await RevocationHarness.start(START);
  });
  afterAll(() => harness?.stop());

  type Criteria = MessageInitShape<typeof BulkCriteriaSchema>;
  const start = async (customerId: string, criteria: Criteria, reason = RevocationReason.SUPERSEDED) => {
    const { job } = await harness.revocation.startBulkRevocation({ customerId, criteria, reason, actor });
    return finished(customerId, job?.id ?? '');
  };
  async function finished(customerId: string, id: string): Promise<BulkRevocation> {
    for (let tries = 0; tries < 200; tries++) {
      const { job } = await harness.revocation.getBulkRevocation({ customerId, id });
      if (job?.state === BulkState.DONE) return job;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('The job did not end.');
  }
  const count = (customerId: string, criteria: Criteria) =>
    harness.revocation.countBulkRevocation({ customerId, criteria });
  const revoked = async (certificates: readonly IssuedTestCertificate[]) => {
    const statuses = await Promise.all(
      certificates.map(({ customerId, serial }) =>
        harness.revocation.getSerialStatus({ customerId, serial }),
      ),
    );
    return statuses.map(({ status }) => status === SerialStatus.REVOKED);
  };

  /** Certificates that differ in one thing each. */
  async function fleet() {
    const customerId = randomUUID();
    const credentialId = randomUUID();
    const of = (fields: Partial<IssuedTestCertificate>): IssuedTestCertificate => ({
      ...harness.certificate(customerId, NOW + 7 * DAY),
      ...fields,
    });
    const certificates = [
      of({}),
      of({ credentialId }),
      of({ notAfter: NOW + DAY }),
      of({ notBefore: NOW - 2 * DAY - 60, notAfter: NOW + 5 * DAY }),
      of({ notBefore: NOW - 8 * DAY - 60, notAfter: NOW - DAY }),
      of({ profile: 'sign-leaf' }),
    ];
    const foreign = harness.certificate(randomUUID(), NOW + 7 * DAY);
    await harness.issue(...certificates, { ...foreign, credentialId });
    return { customerId, credentialId, certificates, foreign };
  }

  it.each<
    [string, (fleet: { credentialId: string; certificates: IssuedTestCertificate[] }) => Criteria, number[]]
  >([
    ['the credential', ({ credentialId }) => ({ credentialId }), [1]],
    ['the profile', () => ({ profile: 'sign-leaf' }), [5]],
    ['the profile of plain mints', () => ({ profile: 'mint' }), [0, 1, 2, 3]],
    ['the lifetime', () => ({ ttlSeconds: BigInt(DAY) }), [2]],
    [
      'the window of issuing',
      () => ({ issuedFrom: BigInt(NOW - 3 * DAY), issuedBefore: BigInt(NOW - DAY) }),
      [3],
    ],
    [
      'serial numbers',
      ({ certificates }) => ({ serials: certificates.slice(2, 4).map((each) => each.serial) }),
      [2, 3],
    ],
    ['a profile that nothing has', () => ({ profile: 'gold' }), []],
    ['all at once', ({ credentialId }) => ({ credentialId, ttlSeconds: BigInt(DAY) }), []],
  ])('finds certificates by %s, first without and then with effect', async (_, criteriaOf, expected) => {
    const { customerId, certificates, foreign, ...rest } = await fleet();
    const criteria = criteriaOf({ certificates, ...rest });
    expect(await count(customerId, criteria)).toMatchObject({
      matched: BigInt(expected.length),
      revoked: 0n,
    });
    expect(await revoked(certificates)).not.toContain(true);
    expect(await start(customerId, criteria)).toMatchObject({
      ...{ matched: BigInt(expected.length), revoked: BigInt(expected.length), unchanged: 0n, failed: 0n },
      actor,
    });
    expect(await revoked(certificates)).toEqual(certificates.map((__, index) => expected.includes(index)));
    expect(await revoked([foreign])).toEqual([false]);
    expect(await count(customerId, criteria)).toMatchObject({ revoked: BigInt(expected.length) });
    expect(await start(customerId, criteria)).toMatchObject({
      revoked: 0n,
      unchanged: BigInt(expected.length),
    });
  });

  it('lists what it could not revoke, and revokes the rest', async () => {
    const { customerId, certificates } = await fleet();
    const [first, second] = certificates.map(({ serial }) => serial);
    const stranger = randomBytes(16);
    const serials = [first, second, stranger].filter((serial) => serial !== undefined);
    expect(await count(customerId, { serials })).toMatchObject({ matched: 2n, notFound: 1n });
    expect(await start(customerId, { serials }, RevocationReason.CERTIFICATE_HOLD)).toMatchObject({
      ...{ matched: 2n, revoked: 2n, failed: 1n },
      failures: [{ serial: stranger, code: 'serial_not_found' }],
    });
    await start(customerId, { serials: serials.slice(0, 1) });
    const lifted = await start(customerId, { serials }, RevocationReason.REMOVE_FROM_CRL);
    expect(lifted).toMatchObject({ revoked: 1n, failed: 2n });
    expect(lifted.failures.map(({ code }) => code)).toEqual(['serial_not_found', 'not_on_hold']);
    expect(await revoked(certificates.slice(0, 2))).toEqual([true, false]);
  });

  it('is one event for the audit, with who asked for what', async () => {
    const heard: unknown[] = [];
    const subscription = await harness.bus.subscribe(
      events.bulkRevocationStarted,
      'billing',
      async ({ job }) => {
        heard.push(job);
      },
    );
    const { customerId, certificates } = await fleet();
    const serials = certificates.map(({ serial }) => serial);
    const job = await start(customerId, { serials });
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await subscription.close();
    expect(heard).toMatchObject([{ id: job.id, customerId, actor, criteria: { serials } }]);
  });

  it('goes on where it was after the service was restarted', async () => {
    const customerId = randomUUID();
    const certificates = Array.from({ length: 6_000 }, () => harness.certificate(customerId, NOW + 7 * DAY));
    await harness.issue(...certificates);
    const { job } = await harness.revocation.startBulkRevocation({
      ...{ customerId, actor, criteria: { ttlSeconds: BigInt(7 * DAY) } },
      reason: RevocationReason.SUPERSEDED,
    });
    await harness.service.stop();
    await harness.database.query("UPDATE revocation.bulk_job SET leased_until = '-infinity'");
    await harness.startService();
    const done = await finished(customerId, job?.id ?? '');
    expect([done.revoked + done.unchanged, done.failed]).toEqual([6_000n, 0n]);
    const rows = await harness.database.query<{ entries: string }>(
      'SELECT count(*) AS entries FROM revocation.journal WHERE job_id = $1',
      [done.id],
    );
    expect(rows[0]?.entries).toBe('6000');
  }, 30_000);

  it.each<[string, Criteria]>([
    ['nothing', {}],
    ['a credential that is none', { credentialId: 'x' }],
    ['a key hash that is none', { keySha256: new Uint8Array(20) }],
    ['a pattern without end', { sanPattern: 'x'.repeat(256) }],
    ['a profile without end', { profile: 'x'.repeat(65) }],
  ])('is refused for %s', async (_, criteria) => {
    const refused = { code: 'bad_request' };
    await expect(start(randomUUID(), criteria)).rejects.toMatchObject(refused);
    await expect(count(randomUUID(), criteria)).rejects.toMatchObject(refused);
  });

  it('of another customer is not shown', async () => {
    const { customerId, certificates } = await fleet();
    const job = await start(customerId, { serials: certificates.map(({ serial }) => serial) });
    await expect(
      harness.revocation.getBulkRevocation({ customerId: randomUUID(), id: job.id }),
    ).rejects.toMatchObject({ code: 'job_not_found' });
  });
});
