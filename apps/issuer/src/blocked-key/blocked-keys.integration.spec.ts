import { create, toBinary } from '@bufbuild/protobuf';
import { type MintResponse, RevocationReason, RevokedSchema } from '#libs/contracts';
import { createInProcessEventBus, events } from '#libs/rpc';
import { askUntil, FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { issuerMigrations } from '../issuer.module.js';
import { TestKms } from '../testing/test-authority.js';
import {
  FakeNeighbours,
  mintRequest,
  startTestIssuer,
  type TestIssuer,
  testCustomer,
} from '../testing/test-issuer.js';

describe('a key that is compromised', () => {
  const clock = new FixedClock('2026-03-31T12:00:00Z');
  const neighbours = new FakeNeighbours();
  const bus = createInProcessEventBus();
  let database: TestDatabase;
  let kms: TestKms;
  let replicas: TestIssuer[];

  beforeAll(async () => {
    database = await testDatabase([issuerMigrations]);
    kms = await TestKms.open();
    const start = () => startTestIssuer({ database, kms, clock, neighbours, events: bus });
    replicas = [await start(), await start()];
  });
  afterAll(async () => {
    for (const replica of replicas) await replica.stop();
    await database.drop();
    kms.close();
  });

  let published = 0;
  const revoke = (customerId: string, { certificates }: MintResponse, reason: RevocationReason) => {
    const entries = certificates.map(({ serial, notAfter }) => ({ customerId, serial, notAfter, reason }));
    published += 1;
    const payload = toBinary(RevokedSchema, create(RevokedSchema, { entries }));
    return bus.publish(events.revoked.type, payload, `revocation-${published}`);
  };

  it('is certified no more, by no replica and for no customer, also after a restart', async () => {
    const [mine, theirs] = [await testCustomer(kms, neighbours), await testCustomer(kms, neighbours)];
    const [first, second] = replicas;
    if (!first || !second) throw new Error('There are two replicas.');
    const request = mintRequest(mine.customerId, 3);
    const minted = await first.client.mint(request);
    await revoke(mine.customerId, minted, RevocationReason.SUPERSEDED);
    await first.client.mint(request);

    const compromised = { ...minted, certificates: minted.certificates.slice(1) };
    await revoke(mine.customerId, compromised, RevocationReason.KEY_COMPROMISE);
    const refusal = {
      code: 'issue_failed',
      message: 'csr 1: its key is compromised; csr 2: its key is compromised',
      details: { failures: [{ index: 1 }, { index: 2 }] },
    };
    for (const replica of replicas) {
      // One replica has taken the event; the other hears of it at its own time.
      const isRefused = () =>
        replica.client.mint(request).then(
          () => false,
          () => true,
        );
      await askUntil(isRefused, (refused) => refused);
      await expect(replica.client.mint(request)).rejects.toMatchObject(refusal);
      await expect(replica.client.mint({ ...request, customerId: theirs.customerId })).rejects.toMatchObject(
        refusal,
      );
    }
    await second.client.mint({ ...request, csrs: request.csrs.slice(0, 1) });

    const third = await startTestIssuer({ database, kms, clock, neighbours });
    await expect(third.client.mint(request)).rejects.toMatchObject(refusal);
    await third.stop();
  });
});
