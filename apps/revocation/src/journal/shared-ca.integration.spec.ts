import { randomUUID } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import type { Pool } from 'pg';
import {
  BulkState,
  CaActivatedSchema,
  RevocationActorKind,
  RevocationReason,
  type Revoked,
  SerialStatus,
} from '#libs/contracts';
import { createPool } from '#libs/database';
import { events } from '#libs/rpc';
import { CrlRepository } from '../crl/crl.repository.js';
import { CertificateStatus } from '../ocsp/certificate-status.js';
import { IssuedSerialRepository } from '../serial-status/issued-serial.repository.js';
import { RevocationHarness } from '../testing/revocation-harness.js';
import { TestCa } from '../testing/test-ca.js';
import { CertificateFinder } from './certificate-finder.js';
import { IssuedAuthorityRepository } from './issued-authority.repository.js';

const now = '2026-05-19T12:00:00Z';
const inADay = Date.parse(now) / 1000 + 86_400;
const [fred, gina] = [randomUUID(), randomUUID()];

describe('a CA that customers share', () => {
  let harness: RevocationHarness;
  let ca: TestCa;
  let pool: Pool;
  const heard: Revoked[] = [];

  beforeAll(async () => {
    harness = await RevocationHarness.start(now);
    ca = await TestCa.create(Date.parse(now));
    pool = createPool(harness.database.settings('revocation'), { service: 'revocation' });
    await harness.bus.subscribe(events.revoked, 'test', async (event) => {
      heard.push(event);
    });
    const { caId, customerId, handle, keyRef = '', certificate } = ca.authority;
    const authority = { caId, customerId, handle, keyRef, generation: 1, crlShards: 1 };
    const message = create(CaActivatedSchema, {
      authority: { ...authority, intermediateDer: certificate.der },
    });
    await harness.bus.publish(events.caActivated.type, toBinary(CaActivatedSchema, message), 'provisioner-1');
  });
  afterAll(async () => {
    ca?.dispose();
    await pool?.end();
    await harness?.stop();
  });

  const issued = async (customerId: string) => {
    const certificate = { ...harness.certificate(customerId, inADay, ca.authority.caId), profile: 'free' };
    await harness.issue(certificate);
    while ((await ocsp(certificate.serial)).kind === 'unknown')
      await new Promise((resolve) => setTimeout(resolve, 10));
    return certificate.serial;
  };
  const revoke = (customerId: string, serial: Uint8Array, reason = RevocationReason.SUPERSEDED) =>
    harness.revocation.revoke({
      ...{ customerId, serials: [serial], reason },
      actor: { kind: RevocationActorKind.MASTER_BEARER, id: 'fred' },
    });
  const statusOf = async (customerId: string, serial: Uint8Array) =>
    (await harness.revocation.getSerialStatus({ customerId, serial })).status;
  const listed = () => {
    const crls = new CrlRepository(pool);
    const since = { shard: 0, since: 0 };
    return crls.within(
      ca.authority,
      async (client) => (await crls.changes(client, ca.authority, since)).count,
    );
  };
  const ocsp = (serial: Uint8Array) => {
    const serials = new IssuedSerialRepository(pool);
    const { clock } = harness;
    const certificates = new CertificateFinder({
      ...{ serials, clock, authorities: new IssuedAuthorityRepository(pool) },
      partitions: { firstDay: '2026-05-01' },
      issuer: { getCertificate: async () => Promise.reject(new Error('The issuer is not asked.')) },
    });
    // The content of an INTEGER that is not negative.
    const content = Buffer.concat([Buffer.alloc(1), serial]);
    return new CertificateStatus({ certificates, clock }).of(ca.authority, content);
  };

  it("lists what any of them revoked, in its holder's journal, and tells whose it was", async () => {
    const [mine, theirs, good] = [await issued(fred), await issued(gina), await issued(fred)];
    expect((await ocsp(mine)).kind).toBe('good');
    const { revocations } = await revoke(fred, mine);
    expect(revocations).toMatchObject([{ status: SerialStatus.REVOKED, changed: true }]);
    await revoke(gina, theirs);

    const rows = await harness.database.query<{ customer_id: string; sequence: string }>(
      'SELECT customer_id, sequence FROM revocation.journal ORDER BY sequence',
    );
    const holder = ca.authority.customerId;
    expect(rows).toEqual([1, 2].map((sequence) => ({ customer_id: holder, sequence: String(sequence) })));
    expect(await listed()).toBe(2);
    expect([(await ocsp(mine)).kind, (await ocsp(theirs)).kind, (await ocsp(good)).kind]).toEqual([
      ...['revoked', 'revoked', 'good'],
    ]);
    expect(await statusOf(fred, mine)).toBe(SerialStatus.REVOKED);
    expect(await statusOf(fred, good)).toBe(SerialStatus.ACTIVE);
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(heard.flatMap(({ entries }) => entries.map(({ customerId }) => customerId))).toEqual([fred, gina]);
  });

  it("says again how it stands, and nothing of another customer's", async () => {
    const serial = await issued(fred);
    await revoke(fred, serial);
    expect((await revoke(fred, serial)).revocations).toMatchObject([{ changed: false }]);
    await expect(revoke(gina, serial)).rejects.toMatchObject({ code: 'serial_not_found' });
    await expect(statusOf(gina, serial)).rejects.toMatchObject({ code: 'serial_not_found' });
  });

  it('revokes many at once of one customer alone, and counts them', async () => {
    const count = (customerId: string) =>
      harness.revocation.countBulkRevocation({ customerId, criteria: { profile: 'free' } });
    const theirs = await issued(gina);
    const mine = [await issued(fred), await issued(fred)];
    const before = await count(fred);
    const theirsBefore = await count(gina);
    expect(before.matched - before.revoked).toBeGreaterThanOrEqual(2n);
    const { job } = await harness.revocation.startBulkRevocation({
      ...{ customerId: fred, criteria: { profile: 'free' }, reason: RevocationReason.SUPERSEDED },
      actor: { kind: RevocationActorKind.OPERATOR, id: 'operator' },
    });
    const id = job?.id ?? '';
    const done = async () => (await harness.revocation.getBulkRevocation({ customerId: fred, id })).job;
    while ((await done())?.state !== BulkState.DONE) await new Promise((resolve) => setTimeout(resolve, 10));
    const { matched, revoked } = before;
    expect(await done()).toMatchObject({ matched, revoked: matched - revoked, unchanged: revoked });
    for (const serial of mine) expect((await ocsp(serial)).kind).toBe('revoked');
    expect((await ocsp(theirs)).kind).toBe('good');
    expect(await count(fred)).toMatchObject({ matched, revoked: matched });
    expect(await count(gina)).toEqual(theirsBefore);
  });

  it('revokes all or none, also where some are of a CA of the customer alone', async () => {
    const own = harness.certificate(fred, inADay);
    await harness.issue(own);
    const shared = await issued(fred);
    const { revocations } = await harness.revocation.revoke({
      ...{ customerId: fred, serials: [own.serial, shared], reason: RevocationReason.SUPERSEDED },
      actor: { kind: RevocationActorKind.OPERATOR, id: 'operator' },
    });
    expect(revocations.map(({ serial }) => Buffer.from(serial))).toEqual(
      [own.serial, shared].map(Buffer.from),
    );
    const lift = {
      reason: RevocationReason.REMOVE_FROM_CRL,
      actor: { kind: RevocationActorKind.OPERATOR, id: 'operator' },
    };
    const wish = { customerId: fred, serials: [await issued(fred), shared], ...lift };
    await expect(harness.revocation.revoke(wish)).rejects.toMatchObject({ code: 'not_on_hold' });
  });
});
