import { randomUUID } from 'node:crypto';
import { type Issued, LeafProfile } from '#libs/contracts';
import { createInProcessEventBus, events } from '#libs/rpc';
import { FixedClock, type TestDatabase, testDatabase } from '#libs/testing';
import { parseCertificate } from '#libs/x509';
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

describe('the issued event', () => {
  const neighbours = new FakeNeighbours();
  const bus = createInProcessEventBus();
  let database: TestDatabase;
  let kms: TestKms;
  let issuer: TestIssuer;
  const heard: Issued[] = [];

  beforeAll(async () => {
    database = await testDatabase([issuerMigrations]);
    kms = await TestKms.open();
    const clock = new FixedClock('2026-03-31T12:00:00Z');
    issuer = await startTestIssuer({ database, kms, clock, neighbours, events: bus });
    await bus.subscribe(events.issued, 'revocation', async (message) => {
      heard.push(message);
    });
  });
  afterAll(async () => {
    await issuer?.stop();
    await bus.close();
    await database?.drop();
    kms?.close();
  });

  /** What was said of a certificate once its event has come. */
  async function saidOf(serial: Uint8Array | undefined) {
    const isIts = (each: Uint8Array) => Buffer.compare(each, serial ?? new Uint8Array()) === 0;
    const hasCome = () =>
      heard.some(({ certificates }) => certificates.some((certificate) => isIts(certificate.serial)));
    while (!hasCome()) await new Promise((resolve) => setTimeout(resolve, 10));
    const mintings = heard.flatMap((event) => event.mintings);
    const profiled = heard.flatMap((event) => event.profiled);
    return {
      credentials: mintings.flatMap((each) => (each.serials.some(isIts) ? each.credentialId : [])),
      profiles: profiled.flatMap((each) => (each.serials.some(isIts) ? each.profile : [])),
    };
  }

  it('says which scoped credential minted', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    const credentialId = randomUUID();
    const { certificates } = await issuer.client.mint({ ...mintRequest(customerId, 2), credentialId });
    for (const { serial } of certificates) {
      expect(await saidOf(serial)).toEqual({ credentials: [credentialId], profiles: [] });
    }
    await expect(issuer.client.mint({ ...mintRequest(customerId), credentialId: 'x' })).rejects.toMatchObject(
      { code: 'bad_request' },
    );
  });

  it.each<[profile: LeafProfile, name: string]>([
    [LeafProfile.SIGN_LEAF, 'sign-leaf'],
    [LeafProfile.CROSS_SIGN, 'cross-sign'],
    [LeafProfile.FREE, 'free'],
    [LeafProfile.BIRTH, 'birth-cert'],
  ])('says of profile %d that it is %s', async (profile, name) => {
    const { customerId, handle } = await testCustomer(kms, neighbours);
    const csrs = [testCsr({ dnsNames: [`${handle}.leaf.stackrunner.test`] })];
    const ttlSeconds = profile === LeafProfile.BIRTH ? 31_536_000n : 86_400n;
    const request = { ...mintRequest(customerId), csrs, ttlSeconds, profile };
    const { certificates } = await issuer.client.mint(request);
    expect(await saidOf(certificates[0]?.serial)).toEqual({ credentials: [], profiles: [name] });
  });

  it('says nothing of a plain mint, and both of a scoped one of another profile', async () => {
    const { customerId } = await testCustomer(kms, neighbours);
    const plain = await issuer.client.mint(mintRequest(customerId));
    expect(await saidOf(plain.certificates[0]?.serial)).toEqual({ credentials: [], profiles: [] });
    const wish = { credentialId: randomUUID(), profile: LeafProfile.SIGN_LEAF };
    const scoped = await issuer.client.mint({ ...mintRequest(customerId, 2), ...wish });
    for (const { serial } of scoped.certificates) {
      expect(await saidOf(serial)).toEqual({ credentials: [wish.credentialId], profiles: ['sign-leaf'] });
    }
  });

  it('tells an OCSP responder from a mint', async () => {
    const { customerId, caId } = await testCustomer(kms, neighbours);
    const { der } = await issuer.client.issueResponderCertificate({ customerId, caId, csr: testCsr() });
    const serial = Buffer.from(parseCertificate(der).serialHex, 'hex');
    expect(await saidOf(serial)).toEqual({ credentials: [], profiles: ['ocsp-responder'] });
  });
});
