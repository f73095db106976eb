import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import {
  ActorKind,
  type Customer,
  CustomerSchema,
  CustomerStatus,
  CustomerTier,
  LeafProfile,
  type MintRequest,
  SerialStatus,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { askUntil, openssl, startTokenIssuer, type TokenIssuer } from '#libs/testing';
import { pemEncode, sha256 } from '#libs/x509';
import type { RunningGateway } from '../gateway.module.js';
import { refusal } from '../testing/fakes/fake-product.js';
import { type GatewayUnderTest, pemOf, startGatewayUnderTest } from '../testing/gateway-under-test.js';
import { providerOf, publicUrl } from '../testing/signed-in.js';

let issuer: TokenIssuer;
let gateway: GatewayUnderTest;
let folder: string;
const path = (name: string) => join(folder, name);

/** A key and a certificate for it that it signed itself, as files. */
function selfSigned(name: string): X509Certificate {
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'].concat([
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      path(`${name}.key`),
      '-out',
      path(`${name}.crt`),
    ]),
    { stdio: 'ignore' },
  );
  return new X509Certificate(readFileSync(path(`${name}.crt`)));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stackrunner-mtls-'));
  selfSigned('server');
  issuer = await startTokenIssuer();
  gateway = await startGatewayUnderTest({
    publicUrl,
    identityProviders: [providerOf({ issuer: issuer.issuer, clientId: issuer.project }, { signIn: false })],
    mutualTls: { port: 0, certFile: path('server.crt'), keyFile: path('server.key') },
  });
});
afterAll(async () => {
  await Promise.all([gateway?.stop(), issuer?.stop()]);
  rmSync(folder, { recursive: true });
});

interface Owner {
  readonly token: string;
  readonly customer: () => Customer;
  readonly change: (fields: Partial<Pick<Customer, 'tier' | 'status'>>) => Promise<void>;
}

/** A person who owns an active customer. */
async function owner(handle: string, tier = CustomerTier.DEV): Promise<Owner> {
  const token = await issuer.token({ sub: handle, email: `${handle}@example.com`, email_verified: true });
  await gateway.ask('/v1/signup', { bearer: token, body: { handle, tier: 'dev' } });
  const customer = () => gateway.product.customer(handle);
  const change = async (fields: object) => {
    const before = customer();
    const after = create(CustomerSchema, { ...before, ...fields, version: before.version + 1n });
    gateway.product.customers.set(handle, after);
    await gateway.tell(after);
  };
  await change({ tier, status: CustomerStatus.ACTIVE });
  return { token, customer, change };
}

/** What the issuer does with idempotency keys, and with this certificate for whatever is asked. */
function issuing(certificate: X509Certificate, answered = new Map<string, string>()) {
  gateway.product.mint = ({ idempotencyKey, csrs, ttlSeconds }: MintRequest) => {
    const csr = Buffer.from(csrs[0] ?? []).toString('hex');
    if ((answered.get(idempotencyKey) ?? csr) !== csr)
      return refusal(new DomainError('idempotency_key_reused', 'Reused.'));
    answered.set(idempotencyKey, csr);
    const now = BigInt(Math.floor(Date.now() / 1000));
    const issued = {
      der: certificate.raw,
      serial: Buffer.from(csr, 'hex').subarray(0, 16),
      fingerprint: sha256(certificate.raw),
      notBefore: now - 60n,
      notAfter: now + ttlSeconds,
    };
    return {
      outcome: {
        case: 'minted' as const,
        value: { certificates: [issued], chain: [certificate.raw, certificate.raw] },
      },
    };
  };
}

async function body(algorithm: 'P-256' | 'P-384' = 'P-256') {
  const { csrPem } = await openssl.csr({ key: algorithm });
  const spki = execFileSync('openssl', ['req', '-pubkey', '-noout'], { input: csrPem, encoding: 'utf8' });
  return { spki: spki.replaceAll(/-----[^-]+-----|\n/g, ''), csr_pem: csrPem };
}

const outcomeOf = (answer: Awaited<ReturnType<GatewayUnderTest['ask']>>) =>
  answer.status < 300 ? answer.status : `${answer.status} ${answer.json().error.code}`;

describe('the birth certificate', () => {
  it('is issued once, for a year, by the issuer under a profile of its own, and shown again', async () => {
    const certificate = selfSigned('omnicorp');
    issuing(certificate);
    const { token, customer } = await owner('omnicorp');
    expect(outcomeOf(await gateway.ask('/v1/birth-cert', { bearer: token }))).toBe(
      '404 birth_cert_not_found',
    );
    const answer = await gateway.ask('/v1/birth-cert', { bearer: token, body: await body() });
    expect(answer.status).toBe(201);
    const issued = answer.json<Record<string, string>>();
    expect(issued).toMatchObject({
      handle: 'omnicorp',
      cert_pem: pemEncode('CERTIFICATE', certificate.raw),
      fingerprint: Buffer.from(sha256(certificate.raw)).toString('hex'),
    });
    expect(Date.parse(issued.expires_at ?? '') - Date.parse(issued.issued_at ?? '')).toBe(31_536_060_000);
    expect(gateway.product.minted.at(-1)).toMatchObject({
      customerId: customer().id,
      profile: LeafProfile.BIRTH,
      ttlSeconds: 31_536_000n,
      actorKind: ActorKind.PERSON,
      handle: 'omnicorp',
    });
    expect((await gateway.ask('/v1/birth-cert', { bearer: token })).json()).toEqual(issued);
    const again = await gateway.ask('/v1/birth-cert', { bearer: token, body: await body() });
    expect(outcomeOf(again)).toBe('409 already_issued');
  });

  it('is one, however many ask at once, of any replica', async () => {
    issuing(selfSigned('globex'));
    const { token } = await owner('globex');
    const replica = await gateway.replica();
    const bodies = await Promise.all([body(), body(), body()]);
    const asks = [gateway.url, replica.url, gateway.url, replica.url, gateway.url, replica.url].map(
      (origin, n) =>
        fetch(`${origin}/v1/birth-cert`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(bodies[n % bodies.length]),
        }).then(({ status }) => status),
    );
    expect((await Promise.all(asks)).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    await replica.stop();
  });

  it('waits for its place after a failure, and goes to whoever asks next', async () => {
    const { token } = await owner('initech');
    gateway.product.mint = () => refusal(new DomainError('signer_unavailable', 'Away.'));
    const asked = await body();
    expect(outcomeOf(await gateway.ask('/v1/birth-cert', { bearer: token, body: asked }))).toBe(
      '503 signer_unavailable',
    );
    issuing(selfSigned('initech'));
    expect(outcomeOf(await gateway.ask('/v1/birth-cert', { bearer: token, body: await body() }))).toBe(201);
  });

  it.each([
    ['another key', async () => ({ ...(await body()), spki: (await body()).spki }), '400 issue_failed'],
    ['a key of another kind', () => body('P-384'), '400 issue_failed'],
    ['no proof', async () => ({ spki: (await body()).spki }), '400 bad_request'],
    ['a proof that is none', async () => ({ ...(await body()), csr_pem: 'nonsense' }), '400 issue_failed'],
  ])('is refused for %s', async (_, made, outcome) => {
    issuing(selfSigned('refused'));
    const { token } = await owner('umbrella');
    expect(outcomeOf(await gateway.ask('/v1/birth-cert', { bearer: token, body: await made() }))).toBe(
      outcome,
    );
  });

  it('is for the owner of a Dev customer only', async () => {
    const { token } = await owner('freebie', CustomerTier.FREE);
    const asked = await body();
    expect(outcomeOf(await gateway.ask('/v1/birth-cert', { bearer: token, body: asked }))).toBe(
      '404 bad_path',
    );
    const { bearer } = await gateway.customer('stark');
    expect(outcomeOf(await gateway.ask('/v1/birth-cert', { bearer, body: asked }))).toBe('401 unauthorized');
    expect(outcomeOf(await gateway.operate('/v1/birth-cert', { body: asked }))).toBe('401 unauthorized');
    expect(outcomeOf(await gateway.ask('/v1/birth-cert', { body: asked }))).toBe('401 unauthorized');
  });

  it('comes anew after the operator has reset it', async () => {
    issuing(selfSigned('wayne'));
    const { token } = await owner('wayne');
    const ask = async () =>
      outcomeOf(await gateway.ask('/v1/birth-cert', { bearer: token, body: await body() }));
    expect([await ask(), await ask()]).toEqual([201, '409 already_issued']);
    const reset = await gateway.operate('/v1/admin/customers/wayne/reset-birth-cert', { method: 'POST' });
    expect(reset.json()).toMatchObject({ handle: 'wayne' });
    issuing(selfSigned('wayne'));
    expect([await ask(), await ask()]).toEqual([201, '409 already_issued']);
    expect(
      outcomeOf(await gateway.operate('/v1/admin/customers/nobody/reset-birth-cert', { method: 'POST' })),
    ).toBe('404 customer_not_found');
  });
});

describe('mutual TLS', () => {
  /** Mints over the second listener, on a new connection, with this client certificate. */
  function mintAs(
    name: string | undefined,
    handle: string,
    running: Pick<RunningGateway, 'mutualTlsUrl'> = gateway,
  ) {
    const { hostname, port } = new URL(running.mutualTlsUrl ?? '');
    const payload = JSON.stringify({ version: 'v1', csr_pems: [pemOf('one')], ttl: '7d' });
    return new Promise<string>((resolve, reject) => {
      const asked = httpsRequest(
        {
          ...{ hostname, port, path: `/${handle}/mint`, method: 'POST', agent: false },
          ca: readFileSync(path('server.crt')),
          headers: { 'content-type': 'application/json', 'content-length': payload.length },
          ...(name && { cert: readFileSync(path(`${name}.crt`)), key: readFileSync(path(`${name}.key`)) }),
        },
        (response) => {
          response.setEncoding('utf8');
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () =>
            resolve(
              response.statusCode === 200 ? '200' : `${response.statusCode} ${JSON.parse(text).error.code}`,
            ),
          );
        },
      );
      asked.on('error', reject);
      asked.end(payload);
    });
  }

  const within = async (ms: number, ask: () => Promise<string>, outcome: string) => {
    expect(await askUntil(ask, (last) => last === outcome, ms)).toBe(outcome);
  };

  async function bornOwner(handle: string) {
    issuing(selfSigned(handle));
    const born = await owner(handle);
    const answer = await gateway.ask('/v1/birth-cert', { bearer: born.token, body: await body() });
    expect(answer.status).toBe(201);
    return born;
  }

  it('takes the birth certificate of an active customer in place of its bearer, and nothing else', async () => {
    await bornOwner('cyberdyne');
    await bornOwner('tyrell');
    selfSigned('stranger');
    expect(await mintAs('cyberdyne', 'cyberdyne')).toBe('200');
    expect(gateway.product.minted.at(-1)).toMatchObject({
      actorKind: ActorKind.BIRTH_CERTIFICATE,
      handle: 'cyberdyne',
    });
    expect(await mintAs('cyberdyne', 'tyrell')).toBe('404 customer_not_found');
    expect(await mintAs('stranger', 'cyberdyne')).toBe('401 unauthorized');
    expect(await mintAs(undefined, 'cyberdyne')).toBe('401 unauthorized');
  });

  it('refuses a certificate that was revoked within a second', async () => {
    await bornOwner('oscorp');
    expect(await mintAs('oscorp', 'oscorp')).toBe('200');
    gateway.product.serialStatus = SerialStatus.REVOKED;
    await within(1_000, () => mintAs('oscorp', 'oscorp'), '401 unauthorized');
    gateway.product.serialStatus = SerialStatus.ACTIVE;
    await within(1_000, () => mintAs('oscorp', 'oscorp'), '200');
  });

  it('refuses a customer that was suspended, and a certificate that was reset, within a second on every replica', async () => {
    const { change } = await bornOwner('weyland');
    const replica = await gateway.replica();
    const both = [gateway, replica];
    const all = (outcome: string) =>
      Promise.all(both.map((each) => within(1_000, () => mintAs('weyland', 'weyland', each), outcome)));
    await all('200');
    await change({ status: CustomerStatus.SUSPENDED });
    await all('503 customer_not_active');
    await change({ status: CustomerStatus.ACTIVE });
    await all('200');
    await gateway.operate('/v1/admin/customers/weyland/reset-birth-cert', { method: 'POST' });
    await all('401 unauthorized');
    await replica.stop();
  });
});
