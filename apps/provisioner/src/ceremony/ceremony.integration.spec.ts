import { KeyAlgorithm } from '#libs/contracts';
import { formatKeyRef, parseKeyRef, signerFailureReason } from '#libs/kms';
import { requireTool } from '#libs/testing';
import { parseCertificate } from '#libs/x509';
import { opensslText, opensslVerify, zlint } from '../testing/openssl.js';
import {
  authorityOf,
  becomesActive,
  eventually,
  ProvisionerHarness,
  pkiUrl,
  type Replica,
} from '../testing/provisioner-harness.js';
import { ceremonySteps } from './ceremony-step.js';

const withZlint = requireTool('zlint', 'npm test builds it where Go is installed') ? it : it.skip;
const day = 86_400_000;
let harness: ProvisionerHarness;
let replica: Replica;

beforeAll(async () => {
  harness = await ProvisionerHarness.start();
  replica = await harness.replica();
}, 30_000);
afterAll(() => harness?.stop());

const algorithms = [
  { handle: 'default', root: KeyAlgorithm.UNSPECIFIED, intermediate: KeyAlgorithm.UNSPECIFIED },
  { handle: 'p256', root: KeyAlgorithm.EC_P256, intermediate: KeyAlgorithm.EC_P256 },
  { handle: 'p384', root: KeyAlgorithm.EC_P384, intermediate: KeyAlgorithm.EC_P384 },
  { handle: 'rsa', root: KeyAlgorithm.RSA_3072, intermediate: KeyAlgorithm.RSA_2048 },
  { handle: 'mixed', root: KeyAlgorithm.RSA_2048, intermediate: KeyAlgorithm.EC_P256 },
];

describe.each(algorithms)('the ceremony of $handle', ({ handle, root, intermediate }) => {
  beforeAll(async () => {
    const request = { handle, rootAlgorithm: root, intermediateAlgorithm: intermediate };
    const { customer } = await replica.client.createCustomer(request);
    expect(customer?.ceremonyStep).toBe('root_key');
    await becomesActive(replica, handle, 40);
  }, 45_000);

  it('makes a chain that openssl accepts, strictly', async () => {
    const { rootDer, intermediateDer } = await authorityOf(replica, handle);
    expect(await opensslVerify(rootDer, intermediateDer)).toBe('root: OK\nintermediate: OK\n');
  });

  withZlint('makes certificates in which zlint finds nothing', async () => {
    const { rootDer, intermediateDer } = await authorityOf(replica, handle);
    expect(await zlint(rootDer)).toEqual([]);
    expect(await zlint(intermediateDer)).toEqual([]);
  });

  it('makes certificates that say what they are', async () => {
    const { rootDer, intermediateDer } = await authorityOf(replica, handle);
    const [rootText, text] = [await opensslText(rootDer), await opensslText(intermediateDer)];
    expect(rootText).toMatch(new RegExp(`Subject: O ?= ?${handle}, CN ?= ?${handle} Root CA`));
    expect(text).toMatch(new RegExp(`Subject: O ?= ?${handle}, CN ?= ?${handle} Intermediate CA`));
    expect(text).toContain('CA:TRUE, pathlen:0');
    expect(text).toContain(`URI:${pkiUrl}/${handle}/root.crl`);
    expect(text).toContain(`CA Issuers - URI:${pkiUrl}/${handle}/ca/root.der`);
    const years = (der: Uint8Array) => {
      const { notBefore, notAfter } = parseCertificate(der);
      return (notAfter - notBefore) / day / 365.25;
    };
    expect(years(rootDer)).toBeCloseTo(10, 1);
    expect(years(intermediateDer)).toBeCloseTo(2, 1);
  });

  it('leaves a root key that signs nothing, and an intermediate key that does', async () => {
    const signer = await harness.signer();
    const { keyRef } = await authorityOf(replica, handle);
    expect(keyRef).toBe(`local:dev-${handle}-intermediate`);
    const message = [new Uint8Array(8)];
    const rootKey = parseKeyRef(`local:dev-${handle}-root`);
    const refused = await signer.sign(rootKey, message, Date.now() + 5_000).catch(signerFailureReason);
    expect(refused).toBe('key_disabled');
    expect(await signer.sign(parseKeyRef(keyRef), message, Date.now() + 5_000)).toHaveLength(1);
  });

  it('tells the others, and records every step', async () => {
    const authority = await authorityOf(replica, handle);
    await eventually(() => harness.authorityEvents.find((event) => event.authority?.handle === handle));
    expect(harness.authorityEvents.filter((event) => event.authority?.handle === handle)).toEqual([
      expect.objectContaining({ authority }),
    ]);
    const told = harness.customerEvents.flatMap(({ customer }) =>
      customer?.handle === handle ? [customer] : [],
    );
    expect(told.map(({ version }) => version).sort()).toEqual([1n, 2n]);
    const steps = await harness.database.query<{ step: string }>(
      `SELECT step FROM provisioner.ceremony_step WHERE customer_id = $1 ORDER BY done_at`,
      [authority.customerId],
    );
    expect(steps.map(({ step }) => step)).toEqual(ceremonySteps.birth);
  });
});

describe('a ceremony', () => {
  it('is a matter of moments for elliptic curves', async () => {
    const start = performance.now();
    await replica.client.createCustomer({ handle: 'quick' });
    await becomesActive(replica, 'quick');
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('puts the name constraints that were asked for into the intermediate', async () => {
    const nameConstraints = {
      permittedDns: ['Acme.Internal'],
      excludedDns: ['secret.acme.internal'],
      permittedIp: ['10.0.0.0/8', '2001:db8::/32'],
      permittedEmail: ['acme.test'],
      permittedUri: ['.acme.test'],
    };
    await replica.client.createCustomer({ handle: 'constrained', nameConstraints });
    const customer = await becomesActive(replica, 'constrained');
    expect(customer.nameConstraints?.permittedDns).toEqual(['acme.internal']);
    const { rootDer, intermediateDer } = await authorityOf(replica, 'constrained');
    const text = await opensslText(intermediateDer);
    expect(text).toContain('X509v3 Name Constraints: critical');
    for (const line of [
      'DNS:acme.internal',
      'IP:10.0.0.0/255.0.0.0',
      'IP:2001:DB8:0:0:0:0:0:0/FFFF:FFFF:0:0:0:0:0:0',
      'email:acme.test',
      'URI:.acme.test',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toMatch(/Excluded:\s+DNS:secret\.acme\.internal/);
    expect(await opensslVerify(rootDer, intermediateDer)).toContain('intermediate: OK');
    expect(await opensslText((await authorityOf(replica, 'quick')).intermediateDer)).not.toContain(
      'Name Constraints',
    );
  });

  it('never uses a key that belongs to something else', async () => {
    const signer = await harness.signer();
    const foreign = await signer.createKey('dev-squatted-root', 'P-384', { customer: 'somebody-else' });
    await replica.client.createCustomer({ handle: 'squatted' });
    const customer = await eventually(async () => {
      const answer = await replica.client.getCustomer({ handle: 'squatted' });
      return answer.customer?.ceremonyProblem ? answer.customer : undefined;
    });
    expect(customer).toMatchObject({
      ceremonyStep: 'root_key',
      ceremonyProblem: 'Another key is named dev-squatted-root: its algorithm or labels differ.',
    });
    expect(formatKeyRef(foreign)).toBe('local:dev-squatted-root');
  });
});
