import { type GatewayUnderTest, startGatewayUnderTest } from '../testing/gateway-under-test.js';

describe('revocation for the operator', () => {
  let gateway: GatewayUnderTest;
  let bearer: string;

  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
    ({ bearer } = await gateway.customer('acme'));
  });
  afterAll(() => gateway.stop());

  const job = '0b9e3a52-6f0c-4c9e-9b5e-0d6a3f1f7c11';
  const routes: [method: string, path: string, body: object | undefined][] = [
    ['GET', '/v1/admin/crl/cache', undefined],
    ['POST', '/v1/admin/crl/cache/acme/regenerate', undefined],
    ['POST', '/v1/admin/customers/acme/bulk-revoke', { criteria: { ttl: '7d' } }],
    ['GET', `/v1/admin/customers/acme/bulk-revoke/${job}`, undefined],
    ['POST', '/v1/admin/customers/acme/reconcile', { serials: [] }],
  ];

  it.each(routes)('%s %s is for the operator alone', async (method, path, body) => {
    const options = { method, ...(body && { body }) };
    const denials: [token: string | undefined, status: number, code: string][] = [
      [undefined, 401, 'unauthorized'],
      ['x'.repeat(43), 401, 'unauthorized'],
      [bearer, 403, 'operator_only'],
    ];
    for (const [token, ...expected] of denials) {
      const answer = await gateway.ask(path, { ...options, ...(token !== undefined && { bearer: token }) });
      expect([answer.status, answer.json().error.code]).toEqual(expected);
    }
    expect((await gateway.operate(path, options)).status).toBe(200);
  });

  it('shows the CRLs as document 4 asks', async () => {
    const answer = await gateway.operate('/v1/admin/crl/cache?handle=acme&limit=1');
    expect(answer.json()).toEqual({
      crls: [
        {
          handle: 'acme',
          ca_id: '0b9e3a52-6f0c-4c9e-9b5e-0d6a3f1f7c12',
          file: 'intermediate.crl',
          crl_number: '1790000000000',
          this_update: '2026-09-21T14:13:20Z',
          next_update: '2026-09-22T14:13:20Z',
          generated_at: '2026-09-21T14:13:20Z',
          generation_duration_ms: 12,
          revoked_count: 3,
          size: 420,
          is_stale: false,
          events: [{ at: '2026-09-21T14:13:20Z', crl_number: '1790000000000', cause: 'revocation' }],
        },
      ],
      next_page_token: 'next',
    });
  });

  it('reads every criterion of a bulk revocation', async () => {
    const criteria = {
      credential_id: job,
      profile: 'sign-leaf',
      ttl: '7d',
      issued_from: '2026-05-19T00:00:00Z',
      issued_before: '2026-05-20T00:00:00Z',
      san: '*.acme.internal',
      key_sha256: 'AB'.repeat(32),
      serials: ['3e:5f'],
    };
    const answer = await gateway.operate('/v1/admin/customers/acme/bulk-revoke', {
      body: { criteria, dry_run: true },
    });
    expect(answer.json()).toEqual({ dry_run: true, matched: 47, revoked_before: 3, not_found: 1 });
    expect(gateway.product.bulkCriteria).toMatchObject({
      credentialId: job,
      profile: 'sign-leaf',
      ttlSeconds: 604_800n,
      issuedFrom: BigInt(Date.parse(criteria.issued_from) / 1000),
      issuedBefore: BigInt(Date.parse(criteria.issued_before) / 1000),
      sanPattern: '*.acme.internal',
      keySha256: Buffer.alloc(32, 0xab),
      serials: [Buffer.from(`${'00'.repeat(14)}3e5f`, 'hex')],
    });
  });

  it('says which profiles there are', async () => {
    const answer = await gateway.operate('/v1/admin/customers/acme/bulk-revoke', {
      body: { criteria: { profile: 'gold' } },
    });
    expect([answer.status, answer.json().error]).toEqual([
      400,
      expect.objectContaining({
        code: 'bad_request',
        message:
          'criteria.profile must be one of ["mint","sign-leaf","cross-sign","free","birth-cert","ocsp-responder"].',
      }),
    ]);
  });

  it('starts a job and shows it with its failures', async () => {
    const started = await gateway.operate('/v1/admin/customers/acme/bulk-revoke', {
      body: { criteria: { ttl: '7d' }, reason: 'superseded' },
    });
    expect(started.json()).toMatchObject({ job_id: job, status: 'pending', reason: 'superseded' });
    const shown = await gateway.operate(`/v1/admin/customers/acme/bulk-revoke/${job}`);
    expect(shown.json()).toMatchObject({
      ...{ status: 'done', matched: 47, revoked: 43, unchanged: 3, failed: 1 },
      failures: [{ serial: '3e', code: 'serial_not_found' }],
      finished_at: '2026-09-21T14:13:21Z',
    });
  });

  it.each<[string, object]>([
    ['400 bad_request', {}],
    ['400 bad_request', { criteria: {} }],
    ['400 bad_request', { criteria: { colour: 'blue' } }],
    ['400 bad_request', { criteria: { profile: 'server' } }],
    ['400 bad_request', { criteria: { profile: '' } }],
    ['400 bad_request', { criteria: { san: '' } }],
    ['400 bad_request', { criteria: { issued_from: 'yesterday' } }],
    ['400 bad_ttl', { criteria: { ttl: 'long' } }],
    ['404 serial_not_found', { criteria: { serials: ['nonsense'] } }],
  ])('answers %s to %j', async (expected, body) => {
    const answer = await gateway.operate('/v1/admin/customers/acme/bulk-revoke', { body });
    expect(`${answer.status} ${answer.json().error.code}`).toBe(expected);
  });
});
