import {
  FixedClock,
  openssl,
  requireTool,
  type TestDatabase,
  type TestKeyType,
  testDatabase,
} from '#libs/testing';
import { csrFromPem, parseCertificate, pemEncode } from '#libs/x509';
import { issuerMigrations } from '../issuer.module.js';
import { TestKms } from '../testing/test-authority.js';
import {
  FakeNeighbours,
  mintRequest,
  startTestIssuer,
  type TestIssuer,
  testCustomer,
} from '../testing/test-issuer.js';

/** Worker threads load what the build made: they have no jest around them. */
const workerUrl = new URL('../../../../dist/apps/issuer/src/mint/mint.worker.js', import.meta.url);

const withOpenssl = requireTool('openssl', 'apt-get install openssl') ? it : it.skip;
const san = ['DNS:app-1.acme.internal', 'IP:10.0.0.7'];

describe('an issuer with worker threads', () => {
  const clock = new FixedClock();
  const neighbours = new FakeNeighbours();
  let database: TestDatabase;
  let kms: TestKms;
  let issuer: TestIssuer;

  beforeAll(async () => {
    clock.set(Date.now());
    database = await testDatabase([issuerMigrations]);
    kms = await TestKms.open();
    issuer = await startTestIssuer({ database, kms, clock, neighbours, workers: 2, workerUrl });
  });
  afterAll(async () => {
    await issuer.stop();
    await database.drop();
    kms.close();
  });

  it('mints a batch of 100 over several threads, in order', async () => {
    const { customerId } = await testCustomer(kms, neighbours, { now: clock.now() });
    const { certificates, batchNumber } = await issuer.client.mint(mintRequest(customerId, 100));
    expect(batchNumber).toBe(1n);
    expect(certificates.map((each) => parseCertificate(each.der).subjectAltNames[0]?.value)).toEqual(
      Array.from({ length: 100 }, (_, index) => `app-${index}.acme.internal`),
    );
    expect(new Set(certificates.map((each) => Buffer.from(each.serial).toString('hex'))).size).toBe(100);
  });

  it('names what is wrong in every chunk', async () => {
    const { customerId } = await testCustomer(kms, neighbours, { now: clock.now() });
    const request = mintRequest(customerId, 100);
    for (const index of [0, 33, 99]) request.csrs[index] = new Uint8Array([0x30]);
    await expect(issuer.client.mint(request)).rejects.toMatchObject({
      code: 'issue_failed',
      details: { failures: [{ index: 0 }, { index: 33 }, { index: 99 }] },
    });
  });

  it('serves many customers at once', async () => {
    const customers = await Promise.all(
      [1, 2, 3].map(() => testCustomer(kms, neighbours, { now: clock.now() })),
    );
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => {
        const { customerId = '' } = customers[index % 3] ?? {};
        return issuer.client.mint(mintRequest(customerId, 1 + (index % 4)));
      }),
    );
    expect(answers.map((answer) => answer.certificates.length)).toEqual(
      Array.from({ length: 60 }, (_, index) => 1 + (index % 4)),
    );
    expect((await issuer.service.ready()).ready).toBe(true);
  });

  withOpenssl(
    'issues what openssl verifies, strictly, from requests that openssl made',
    async () => {
      const pem = (der: Uint8Array): string => pemEncode('CERTIFICATE', der);
      const keys: readonly TestKeyType[] = ['P-256', 'P-384', 'P-521', 'RSA-2048', 'Ed25519'];
      const requests = await Promise.all(keys.map((key) => openssl.csr({ key, san })));
      const csrs = requests.map((request) => csrFromPem(request.csrPem));
      for (const algorithm of ['P-256', 'P-384', 'RSA-2048'] as const) {
        const { customerId, handle } = await testCustomer(kms, neighbours, { now: clock.now(), algorithm });
        const answer = await issuer.client.mint({ customerId, csrs, ttlSeconds: 3_600n });
        const [intermediate, root] = answer.chain;
        if (!intermediate || !root) throw new Error('no chain');
        for (const { der } of answer.certificates) {
          await openssl.verify({ leafPem: pem(der), chainPem: pem(intermediate), rootPem: pem(root) });
          const text = await openssl.certificateText(pem(der));
          expect(text).toMatch(new RegExp(`Subject: CN ?= ?${handle}.leaf.stackrunner.test`));
          expect(text).toContain('CA:FALSE');
          expect(text).toContain('DNS:app-1.acme.internal, IP Address:10.0.0.7');
          expect(text).toContain(`URI:http://pki.test/${handle}/intermediate.crl`);
        }
      }
    },
    60_000,
  );
});
