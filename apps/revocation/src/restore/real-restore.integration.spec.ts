import { randomUUID } from 'node:crypto';
import { RevocationActorKind, RevocationReason, SerialStatus } from '#libs/contracts';
import { borrowEnvironment, DebianPostgres, findDebianPostgres } from '#libs/testing';
import { type IssuedTestCertificate, RevocationHarness } from '../testing/revocation-harness.js';

const START = '2026-05-19T12:00:00Z';
const actor = { kind: RevocationActorKind.OPERATOR, id: 'operator' };
const tools = findDebianPostgres();

(tools === undefined ? describe.skip : describe)('a real restore', () => {
  let server: DebianPostgres;
  let giveBack: () => void;
  let harness: RevocationHarness;
  let certificates: IssuedTestCertificate[];

  beforeAll(async () => {
    server = await DebianPostgres.start(tools ?? '');
    giveBack = borrowEnvironment({ STACKRUNNER_TEST_POSTGRES: server.url() });
    harness = await RevocationHarness.start(START);
    const customerId = randomUUID();
    const notAfter = Date.parse(START) / 1000 + 7 * 86_400;
    certificates = Array.from({ length: 5 }, () => harness.certificate(customerId, notAfter));
    await harness.issue(...certificates);
  }, 60_000);
  afterAll(async () => {
    await harness?.stop();
    await server?.dispose();
    giveBack?.();
  }, 60_000);

  const revoke = (...indexes: number[]) => {
    const some = indexes.flatMap((index) => certificates[index] ?? []);
    const { customerId = '' } = some[0] ?? {};
    const serials = some.map(({ serial }) => serial);
    return harness.revocation.revoke({ customerId, serials, reason: RevocationReason.SUPERSEDED, actor });
  };
  const revoked = async () => {
    const answers = await Promise.all(
      certificates.map(({ customerId, serial }) =>
        harness.revocation.getSerialStatus({ customerId, serial }),
      ),
    );
    return answers.map(({ status }) => status === SerialStatus.REVOKED);
  };
  const sequences = async () =>
    (
      await harness.database.query<{ sequence: string }>('SELECT sequence FROM revocation.journal ORDER BY 1')
    ).map(({ sequence }) => Number(sequence));

  it('from pg_dump un-revokes nothing, and the journal goes on', async () => {
    await revoke(0);
    const restore = server.dump(new URL(harness.database.ownerUrl).pathname.slice(1));
    await revoke(1, 2);
    await harness.service.stop();
    restore();
    expect(await sequences()).toEqual([1]);
    await harness.startService();
    expect(await revoked()).toEqual([true, true, true, false, false]);
    await revoke(3);
    expect(await sequences()).toEqual([1, 2, 3, 4]);
  }, 60_000);

  it('from pg_basebackup un-revokes nothing either', async () => {
    const restore = server.baseBackup();
    await revoke(4);
    await harness.service.stop();
    await restore();
    expect(await sequences()).toEqual([1, 2, 3, 4]);
    await harness.startService();
    expect(await revoked()).toEqual([true, true, true, true, true]);
    expect(await sequences()).toEqual([1, 2, 3, 4, 5]);
  }, 60_000);
});
