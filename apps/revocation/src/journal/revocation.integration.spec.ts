import { randomBytes, randomUUID } from 'node:crypto';
import {
  type Revocation,
  RevocationActorKind,
  RevocationReason,
  type Revoked,
  type RevokeRequest,
  SerialStatus,
} from '#libs/contracts';
import { createPool } from '#libs/database';
import { events } from '#libs/rpc';
import { type IssuedTestCertificate, RevocationHarness } from '../testing/revocation-harness.js';
import { JournalRepository } from './journal.repository.js';
import { chainStart, firstBreak } from './journal-chain.js';

const START = '2026-05-19T12:00:00Z';
const NOW = Date.parse(START) / 1000;
const DAY = 86_400;
const { KEY_COMPROMISE, SUPERSEDED, CERTIFICATE_HOLD, REMOVE_FROM_CRL, PRIVILEGE_WITHDRAWN } =
  RevocationReason;

let harness: RevocationHarness;
beforeAll(async () => {
  harness = await RevocationHarness.start(START);
});
beforeEach(() => harness.clock.set(START));
afterAll(() => harness?.stop());

const actor = { kind: RevocationActorKind.MASTER_BEARER, id: 'acme' };
type Changes = Partial<Pick<RevokeRequest, 'reason' | 'invalidityDate' | 'mintedBy' | 'serials'>>;

const revoke = async (one: IssuedTestCertificate, changes: Changes = {}) => {
  const { customerId, serial } = one;
  return harness.revocation.revoke({ customerId, serials: [serial], actor, ...changes });
};
const first = async (answer: ReturnType<typeof revoke>): Promise<Revocation | undefined> =>
  (await answer).revocations[0];
const statusOf = ({ customerId, serial }: IssuedTestCertificate) =>
  harness.revocation.getSerialStatus({ customerId, serial });

async function issued(changes: Partial<IssuedTestCertificate> = {}): Promise<IssuedTestCertificate> {
  const one = { ...harness.certificate(randomUUID(), NOW + 7 * DAY), ...changes };
  await harness.issue(one);
  return one;
}
const journalOf = (customerId: string) =>
  harness.database.query<{ sequence: string; reason: number }>(
    'SELECT sequence, reason FROM revocation.journal WHERE customer_id = $1 ORDER BY sequence',
    [customerId],
  );

describe('a revocation', () => {
  it('stands at once, with its time and reason, and lasts beyond the expiry', async () => {
    const one = await issued();
    expect(
      await first(revoke(one, { reason: KEY_COMPROMISE, invalidityDate: BigInt(NOW - DAY) })),
    ).toMatchObject({
      status: SerialStatus.REVOKED,
      revokedAt: BigInt(NOW),
      reason: KEY_COMPROMISE,
      invalidityDate: BigInt(NOW - DAY),
      expiresAt: BigInt(one.notAfter),
      changed: true,
    });
    harness.clock.set((one.notAfter + DAY) * 1000);
    expect(await statusOf(one)).toMatchObject({
      status: SerialStatus.REVOKED,
      revokedAt: BigInt(NOW),
      reason: KEY_COMPROMISE,
    });
  });

  it.each([
    ['as it is', (serial: Uint8Array) => serial],
    ['with leading zeros', (serial: Uint8Array) => Buffer.concat([Buffer.alloc(3), serial])],
  ])('finds a serial number %s', async (_, form) => {
    const one = await issued();
    expect(await first(revoke(one, { serials: [form(one.serial)] }))).toMatchObject({ changed: true });
    expect((await statusOf(one)).status).toBe(SerialStatus.REVOKED);
  });

  it('may be asked for again: the first time and reason stand', async () => {
    const one = await issued();
    await revoke(one, { reason: SUPERSEDED });
    harness.clock.advance(5_000);
    expect(await first(revoke(one, { reason: KEY_COMPROMISE }))).toMatchObject({
      status: SerialStatus.REVOKED,
      revokedAt: BigInt(NOW),
      reason: SUPERSEDED,
      changed: false,
    });
    expect(await journalOf(one.customerId)).toHaveLength(1);
  });

  it('of a certificate whose event is under way is recorded too', async () => {
    const fresh = harness.certificate(randomUUID(), NOW + DAY);
    harness.minted.add(fresh);
    expect(await first(revoke(fresh))).toMatchObject({ changed: true, expiresAt: BigInt(fresh.notAfter) });
    expect((await statusOf(fresh)).status).toBe(SerialStatus.REVOKED);
    await harness.issue(fresh);
    expect((await statusOf(fresh)).status).toBe(SerialStatus.REVOKED);
  });

  it('is announced once', async () => {
    const heard: Revoked[] = [];
    const subscription = await harness.bus.subscribe(events.revoked, 'issuer', async (message) => {
      heard.push(message);
    });
    const one = await issued();
    await revoke(one, { reason: KEY_COMPROMISE });
    await revoke(one, { reason: KEY_COMPROMISE });
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await subscription.close();
    expect(heard.map(({ entries }) => entries)).toMatchObject([
      [
        {
          customerId: one.customerId,
          caId: one.caId,
          reason: KEY_COMPROMISE,
          sequence: 1n,
          notAfter: BigInt(one.notAfter),
        },
      ],
    ]);
  });
});

describe('a hold', () => {
  it('is lifted, and can be placed again', async () => {
    const one = await issued();
    await revoke(one, { reason: CERTIFICATE_HOLD });
    expect((await statusOf(one)).reason).toBe(CERTIFICATE_HOLD);
    expect(await first(revoke(one, { reason: REMOVE_FROM_CRL }))).toMatchObject({
      status: SerialStatus.ACTIVE,
      changed: true,
    });
    expect((await statusOf(one)).status).toBe(SerialStatus.ACTIVE);
    expect(await first(revoke(one, { reason: REMOVE_FROM_CRL }))).toMatchObject({ changed: false });
    expect(await first(revoke(one, { reason: SUPERSEDED }))).toMatchObject({ changed: true });
    expect((await journalOf(one.customerId)).map(({ reason }) => reason)).toEqual([6, 8, 4]);
  });

  it('becomes final and keeps its time', async () => {
    const one = await issued();
    await revoke(one, { reason: CERTIFICATE_HOLD });
    harness.clock.advance(60_000);
    expect(await first(revoke(one, { reason: PRIVILEGE_WITHDRAWN }))).toMatchObject({
      revokedAt: BigInt(NOW),
      reason: PRIVILEGE_WITHDRAWN,
      changed: true,
    });
    await expect(revoke(one, { reason: REMOVE_FROM_CRL })).rejects.toMatchObject({ code: 'not_on_hold' });
    expect((await statusOf(one)).reason).toBe(PRIVILEGE_WITHDRAWN);
  });
});

describe('what is refused', () => {
  it('leaves every other certificate of the request as it was', async () => {
    const one = await issued();
    const serials = [one.serial, randomBytes(16)];
    await expect(revoke(one, { serials })).rejects.toMatchObject({ code: 'serial_not_found' });
    expect((await statusOf(one)).status).toBe(SerialStatus.ACTIVE);

    const final = await issued({ customerId: one.customerId });
    const held = await issued({ customerId: one.customerId });
    await revoke(final);
    await revoke(held, { reason: CERTIFICATE_HOLD });
    const both = { serials: [held.serial, final.serial], reason: REMOVE_FROM_CRL };
    await expect(revoke(one, both)).rejects.toMatchObject({ code: 'not_on_hold' });
    expect((await statusOf(held)).status).toBe(SerialStatus.REVOKED);
  });

  it('is a certificate of another customer', async () => {
    const [mine, theirs] = [await issued(), await issued()];
    await expect(revoke(mine, { serials: [theirs.serial] })).rejects.toMatchObject({
      code: 'serial_not_found',
    });
    expect((await statusOf(theirs)).status).toBe(SerialStatus.ACTIVE);
  });

  it('is a certificate that another credential minted', async () => {
    const credentialId = randomUUID();
    const one = await issued({ credentialId });
    const byMaster = await issued({ customerId: one.customerId });
    for (const [certificate, mintedBy] of [
      [one, randomUUID()],
      [byMaster, credentialId],
    ] as const) {
      await expect(revoke(certificate, { mintedBy })).rejects.toMatchObject({ code: 'serial_not_found' });
    }
    expect(await first(revoke(one, { mintedBy: credentialId }))).toMatchObject({ changed: true });
  });

  it('waits for the event of a certificate when it matters who minted it', async () => {
    const credentialId = randomUUID();
    const fresh = { ...harness.certificate(randomUUID(), NOW + DAY), credentialId };
    harness.minted.add(fresh);
    const answer = revoke(fresh, { mintedBy: credentialId });
    await harness.issue(fresh);
    expect(await first(answer)).toMatchObject({ changed: true });
  });

  it.each<[string, Changes & { readonly actor?: undefined }]>([
    ['no serial number', { serials: [] }],
    ['more than 1000 of them', { serials: Array.from({ length: 1001 }, () => randomBytes(16)) }],
    ['a reason that RFC 5280 does not have', { reason: Number('7') }],
    ['an invalidity date to come', { invalidityDate: BigInt(NOW + 1) }],
    ['a credential that is none', { mintedBy: 'x' }],
  ])('is %s', async (_, changes) => {
    await expect(revoke(await issued(), changes)).rejects.toMatchObject({ code: 'bad_request' });
  });
});

describe('the journal', () => {
  it('is a chain that somebody else can check, also when many write at once', async () => {
    const certificates = [await issued()];
    const customerId = certificates[0]?.customerId ?? '';
    for (let more = 0; more < 19; more++) certificates.push(await issued({ customerId }));
    await Promise.all(certificates.map((one) => revoke(one, { reason: CERTIFICATE_HOLD })));
    await Promise.all(
      certificates.map((one, index) => revoke(one, { reason: index % 2 ? REMOVE_FROM_CRL : KEY_COMPROMISE })),
    );
    const pool = createPool(harness.database.settings('revocation'), { service: 'revocation' });
    const entries = await new JournalRepository(pool).after(customerId, 0, 100);
    await pool.end();
    expect(entries.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect(firstBreak({ sequence: 0, hash: chainStart }, entries)).toBeUndefined();
    const [head] = await harness.database.query<{ hash: Buffer }>(
      'SELECT hash FROM revocation.journal_head WHERE customer_id = $1',
      [customerId],
    );
    expect(head?.hash).toEqual(entries.at(-1)?.hash);

    const forged = entries.map((entry) => (entry.sequence === 7 ? { ...entry, reason: SUPERSEDED } : entry));
    expect(firstBreak({ sequence: 0, hash: chainStart }, forged)?.sequence).toBe(7);
    const without = entries.filter(({ sequence }) => sequence !== 7);
    expect(firstBreak({ sequence: 0, hash: chainStart }, without)?.sequence).toBe(8);
  });

  it('cannot be changed, by the service or by anybody', async () => {
    const one = await issued();
    await revoke(one);
    const pool = createPool(harness.database.settings('revocation'), { service: 'revocation' });
    for (const sql of [
      'UPDATE revocation.journal SET reason = 0',
      'DELETE FROM revocation.journal',
      'TRUNCATE revocation.journal',
    ]) {
      await expect(pool.query(sql)).rejects.toThrow(/permission denied/);
      await expect(harness.database.query(sql)).rejects.toThrow(/append-only/);
    }
    for (const sql of [
      'DELETE FROM revocation.revoked',
      'UPDATE revocation.revoked SET reason = 8',
      'DELETE FROM revocation.journal_head',
      `INSERT INTO revocation.revoked SELECT * FROM revocation.revoked`,
    ]) {
      await expect(pool.query(sql)).rejects.toThrow(/permission denied/);
    }
    for (const table of ['journal', 'journal_head', 'revoked']) {
      expect((await pool.query(`SELECT FROM revocation.${table}`)).rowCount).toBe(0);
    }
    await pool.end();
  });
});
