import { createHash } from 'node:crypto';
import { DomainError } from '#libs/errors';
import { refusal } from '../testing/fakes/fake-product.js';
import {
  baseDomain,
  bodyLimit,
  type GatewayUnderTest,
  pemOf,
  startGatewayUnderTest,
} from '../testing/gateway-under-test.js';
import type { Ask } from '../testing/http-client.js';

interface Minted {
  readonly version: string;
  readonly certs: readonly Record<string, string>[];
  readonly chain: string;
  readonly batch_id?: string;
}

describe('the mint contract', () => {
  let gateway: GatewayUnderTest;
  let bearer: string;
  let customerId: string;
  const json = (fields: object = {}) => ({ version: 'v1', csr_pems: [pemOf('one')], ttl: '7d', ...fields });
  const mint = (path: string, options: Ask) => gateway.ask(path, { bearer, ...options });

  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
    const acme = await gateway.customer('acme');
    bearer = acme.bearer;
    customerId = acme.customer.id;
    await gateway.customer('other');
  });
  afterAll(() => gateway.stop());

  it('answers one certificate', async () => {
    const before = Math.floor(Date.now() / 1000);
    const answer = await mint('/acme/mint', { body: json() });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'ratelimit-limit': '500',
      'ratelimit-remaining': '499',
      'ratelimit-reset': '60',
      'x-request-id': expect.stringMatching(/^[\w-]+$/),
    });
    const { version, certs, chain, ...rest } = answer.json<Minted>();
    expect(version).toBe('v1');
    expect(rest).toEqual({});
    const der = Buffer.from('certificate of one');
    const digest = createHash('sha256').update('one').digest('hex');
    expect(certs).toEqual([
      {
        cert_pem: `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
        serial: digest.slice(0, 32),
        fingerprint: digest,
        issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    ]);
    const issued = Date.parse(certs[0]?.issued_at ?? '') / 1000;
    const expires = Date.parse(certs[0]?.expires_at ?? '') / 1000;
    expect(expires - issued).toBe(7 * 86_400 + 60);
    expect(Math.abs(issued + 60 - before)).toBeLessThanOrEqual(2);
    const pem = (text: string) =>
      `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`;
    expect(chain).toBe(pem('the intermediate') + pem('the root'));
  });

  it('answers a batch in its order, and counts it', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `csr ${index}`);
    const answer = await mint('/acme/mint', { body: json({ csr_pems: names.map(pemOf) }) });
    const { certs, batch_id } = answer.json<Minted>();
    expect(batch_id).toBe('acme-#1');
    expect(certs.map(({ fingerprint }) => fingerprint)).toEqual(
      names.map((name) => createHash('sha256').update(name).digest('hex')),
    );
  });

  it.each([
    ['/acme/mint', 'application/json', JSON.stringify(json())],
    ['/7d/acme/mint', 'application/json', JSON.stringify(json({ ttl: undefined }))],
    [
      '/7d/acme/mint',
      'application/json; charset=utf-8',
      JSON.stringify(json({ ttl: '168h', handle: 'acme' })),
    ],
    ['/168h/acme/mint', 'Application/JSON', JSON.stringify(json())],
    ['/7d/acme/mint', 'application/x-pem-file', pemOf('one')],
    ['/7d/acme/mint', 'application/x-pem-file; charset=us-ascii', `some words\n${pemOf('one')}`],
    ['/%37d/%61cme/mint?x=1', 'application/x-pem-file', pemOf('one')],
  ])('takes %s with %s', async (path, type, body) => {
    const { length } = gateway.product.minted;
    const answer = await mint(path, { headers: { 'content-type': type }, body });
    expect([answer.status, answer.body.toString()]).toEqual([200, expect.stringContaining('certs')]);
    expect(gateway.product.minted.at(-1)).toMatchObject({
      customerId,
      csrs: [Buffer.from('one')],
      ttlSeconds: 604_800n,
      idempotencyKey: '',
    });
    expect(gateway.product.minted).toHaveLength(length + 1);
  });

  it('answers on its own host', async () => {
    const headers = { host: `mint.${baseDomain}:8080` };
    expect((await mint('/acme/mint', { headers, body: json() })).status).toBe(200);
  });

  it.each([
    ['400 bad_request', '/acme/mint', '{"version":"v1",', 'JSON'],
    ['400 bad_request', '/acme/mint', '', 'JSON'],
    ['400 bad_request', '/acme/mint', '[]', 'object'],
    ['400 bad_request', '/acme/mint', 'null', 'object'],
    ['400 bad_request', '/acme/mint', json({ version: 'v2' }), 'version must be "v1"'],
    ['400 bad_request', '/acme/mint', json({ version: undefined }), 'version is missing'],
    ['400 bad_request', '/acme/mint', json({ csr_pems: undefined }), 'csr_pems is missing'],
    ['400 bad_request', '/acme/mint', json({ csr_pems: 'x' }), 'csr_pems must be of type array'],
    [
      '400 bad_request',
      '/acme/mint',
      json({ csr_pems: [pemOf('x'), 5] }),
      'csr_pems[1] must be of type string',
    ],
    ['400 bad_request', '/acme/mint', json({ tll: '7d' }), 'tll is not a field'],
    ['400 bad_request', '/acme/mint', '{"__proto__":{"x":1},"version":"v1","csr_pems":["x"]}', '__proto__'],
    ['400 bad_request', '/acme/mint', json({ handle: 5 }), 'handle must be of type string'],
    ['400 bad_count', '/acme/mint', json({ csr_pems: [] }), 'csr_pems'],
    ['400 bad_count', '/acme/mint', json({ csr_pems: Array(101).fill(pemOf('x')) }), '100'],
    ['400 bad_count', '/acme/mint', json({ csr_pems: [], ttl: '91d', handle: 'other' }), 'csr_pems'],
    ['400 bad_ttl', '/acme/mint', json({ ttl: undefined }), 'missing'],
    ['400 bad_ttl', '/acme/mint', json({ ttl: '' }), '""'],
    ['400 bad_ttl', '/acme/mint', json({ ttl: '91d' }), '"91d"'],
    ['400 bad_ttl', '/acme/mint', json({ ttl: 3600 }), 'ttl'],
    ['400 bad_ttl', '/acme/mint', json({ ttl: null }), 'ttl'],
    ['400 bad_ttl', '/59m/acme/mint', json({ ttl: undefined }), '"59m"'],
    ['400 bad_ttl', '/pki/acme/mint', json({ handle: 'other' }), '"pki"'],
    ['400 ttl_mismatch', '/7d/acme/mint', json({ ttl: '30d', handle: 'other' }), 'ttl'],
    ['400 handle_mismatch', '/acme/mint', json({ handle: 'other' }), 'handle'],
  ])('answers %s (%#) at %s', async (expected, path, body, words) => {
    const { length } = gateway.product.minted;
    const answer = await mint(path, { headers: { 'content-type': 'application/json' }, body });
    const { error } = answer.json();
    expect(`${answer.status} ${error.code}`).toBe(expected);
    expect(error.message).toContain(words);
    expect(error.request_id).toBe(answer.headers['x-request-id']);
    expect(gateway.product.minted).toHaveLength(length);
  });

  it.each([
    ['400 bad_request', 'hello', 'PEM'],
    ['400 bad_request', '', 'PEM'],
    ['400 bad_count', pemOf('a') + pemOf('b'), '2'],
    [
      '400 issue_failed',
      '-----BEGIN CERTIFICATE REQUEST-----\n!!!\n-----END CERTIFICATE REQUEST-----',
      'csr 0',
    ],
    ['400 issue_failed', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA', 'no end'],
  ])('answers %s (%#) for a raw body', async (expected, body, words) => {
    const answer = await mint('/7d/acme/mint', {
      headers: { 'content-type': 'application/x-pem-file' },
      body,
    });
    const { error } = answer.json();
    expect(`${answer.status} ${error.code}`).toBe(expected);
    expect(error.message).toContain(words);
  });

  it('answers 415 for what it cannot read', async () => {
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'garbage',
      'application/jsonx',
      undefined,
    ];
    for (const type of types) {
      const headers = type === undefined ? {} : { 'content-type': type };
      const answer = await mint('/7d/acme/mint', { headers, body: pemOf('x') });
      expect([type, answer.status, answer.json().error.code]).toEqual([type, 415, 'unsupported_media_type']);
    }
    const gzip = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect((await mint('/acme/mint', { headers: gzip, body: 'x' })).status).toBe(415);
  });

  it('names every CSR that cannot be read, by index and reason, and passes nothing on', async () => {
    const csr_pems = [
      pemOf('a'),
      'nonsense',
      pemOf('b'),
      pemOf('c') + pemOf('d'),
      pemOf('e').replaceAll('CERTIFICATE REQUEST', 'PRIVATE KEY'),
    ];
    const answer = await mint('/acme/mint', { body: json({ csr_pems }) });
    const { error } = answer.json();
    expect([answer.status, error.code]).toEqual([400, 'issue_failed']);
    expect(error.failures).toEqual([
      { index: 1, reason: expect.stringContaining('no PEM') },
      { index: 3, reason: expect.stringContaining('2 PEM blocks') },
      { index: 4, reason: expect.stringContaining('PRIVATE KEY') },
    ]);
    expect(error.message).toMatch(/^csr 1: .*; csr 3: .*; csr 4: /);
  });

  it('passes an idempotency key on, and marks an answer that was given before', async () => {
    const { mint: usual } = gateway.product;
    gateway.product.mint = async (request, product) => {
      const result = await usual(request, product);
      if (result.outcome?.case === 'minted' && request.idempotencyKey !== '') {
        return { outcome: { case: 'minted', value: { ...result.outcome.value, replayed: true } } };
      }
      return result;
    };
    const answer = await mint('/acme/mint', { headers: { 'idempotency-key': 'build 42' }, body: json() });
    expect(answer.headers['idempotency-replayed']).toBe('true');
    expect(gateway.product.minted.at(-1)?.idempotencyKey).toBe('build 42');
    expect((await mint('/acme/mint', { body: json() })).headers['idempotency-replayed']).toBeUndefined();
    gateway.product.mint = usual;
    for (const key of ['', 'x'.repeat(256), 'é', 'tab\there']) {
      const refused = await mint('/acme/mint', { headers: { 'idempotency-key': key }, body: json() });
      expect([key, refused.json().error.code]).toEqual([key, 'bad_request']);
    }
  });

  it.each([
    [
      '429',
      new DomainError('rate_limited', 'Slow.', { details: { limit: 500, used: 500, retry_after: 17 } }),
    ],
    ['403', new DomainError('quota_exceeded', 'No.', { details: { limit: 5, used: 5, resets_at: 'x' } })],
    ['409', new DomainError('idempotency_key_reused', 'Other.')],
    ['503', new DomainError('signer_unavailable', 'No signer.')],
    ['503', new DomainError('storage_unavailable', 'No storage.')],
    ['503', new DomainError('customer_not_active', 'Not yet.')],
    ['500', new DomainError('internal', 'Hm.')],
  ])('answers %s when the issuer says so', async (status, error) => {
    const { mint: usual } = gateway.product;
    gateway.product.mint = () => refusal(error);
    const answer = await mint('/acme/mint', { body: json() });
    gateway.product.mint = usual;
    const { code, message, limit } = answer.json().error;
    expect([String(answer.status), code, message, limit]).toEqual([
      status,
      error.code,
      error.message,
      error.details.limit,
    ]);
    const waits = status === '429' || status === '503';
    expect(answer.headers['retry-after'] !== undefined).toBe(waits);
    if (status === '429')
      expect(answer.headers).toMatchObject({ 'retry-after': '17', 'ratelimit-remaining': '0' });
  });

  it('sends mints that arrive together in few messages', async () => {
    const { messages, mint: usual } = gateway.product;
    gateway.product.mint = async (request, product) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return usual(request, product);
    };
    const all = await Promise.all(Array.from({ length: 64 }, () => mint('/acme/mint', { body: json() })));
    gateway.product.mint = usual;
    expect(all.map(({ status }) => status)).toEqual(Array(64).fill(200));
    expect(gateway.product.messages - messages).toBeLessThan(40);
  });

  it('takes bodies of unannounced length, up to the limit', async () => {
    const chunks = [JSON.stringify(json()).slice(0, 10), JSON.stringify(json()).slice(10)];
    const headers = { 'content-type': 'application/json' };
    expect((await mint('/acme/mint', { headers, chunks })).status).toBe(200);
    const large = Array(3).fill('x'.repeat(bodyLimit / 2));
    const refused = await mint('/acme/mint', { headers, chunks: large });
    expect([refused.status, refused.json().error.code]).toEqual([413, 'body_too_large']);
    const exact = JSON.stringify(json()).padEnd(bodyLimit);
    expect((await mint('/acme/mint', { headers, body: exact })).status).toBe(200);
    expect((await mint('/acme/mint', { headers, body: `${exact} ` })).status).toBe(413);
  });
});
