import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { DataSource } from 'typeorm';
import { CustomerSchema, CustomerStatus, CustomerTier, KeyAlgorithm } from '#libs/contracts';
import { dataSourceOptions, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import {
  type GatewayUnderTest,
  operatorToken,
  pemOf,
  startGatewayUnderTest,
} from '../testing/gateway-under-test.js';
import { CustomerRepository } from './customer.repository.js';
import type { CustomerJson } from './customer.schema.js';

const customers = '/v1/admin/customers';

describe("the operator's customers", () => {
  let gateway: GatewayUnderTest;
  const codeOf = async (path: string, options: Parameters<GatewayUnderTest['operate']>[1] = {}) => {
    const answer = await gateway.operate(path, options);
    return answer.status < 300 ? String(answer.status) : `${answer.status} ${answer.json().error.code}`;
  };
  const mint = async (handle: string, bearer: string) => {
    const body = { version: 'v1', csr_pems: [pemOf('one')], ttl: '7d' };
    return (await gateway.ask(`/${handle}/mint`, { bearer, body })).status;
  };

  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
  });
  afterAll(() => gateway.stop());

  it('takes a new one from an event and from an answer at the same moment, and keeps the newest version', async () => {
    const dataSource = new DataSource(
      dataSourceOptions(gateway.database.settings('gateway'), { service: 'gateway', entities: [] }),
    );
    await dataSource.initialize();
    const tenants = new TenantScope(dataSource);
    const repository = new CustomerRepository(dataSource);
    const facts = { tier: CustomerTier.DEV, status: CustomerStatus.ACTIVE };
    for (let round = 0; round < 300; round++) {
      const id = randomUUID();
      const told = [2n, 1n, 3n, 1n, 2n].map((version) =>
        create(CustomerSchema, { ...facts, id, handle: `at-once-${round}`, version }),
      );
      await Promise.all(
        told.map((customer) => tenants.run(id, (manager) => repository.put(manager, customer))),
      );
    }
    await dataSource.destroy();
    const versions = await gateway.database.query(
      "SELECT version, count(*)::int AS n FROM gateway.customer WHERE handle LIKE 'at-once-%' GROUP BY version",
    );
    expect(versions).toEqual([{ version: '3', n: 300 }]);
    await gateway.database.query("DELETE FROM gateway.customer WHERE handle LIKE 'at-once-%'");
  });

  it('creates one, and shows its bearer once', async () => {
    const body = {
      handle: 'acme',
      root_algorithm: 'RSA-4096',
      intermediate_algorithm: 'P-384',
      name_constraints: { permitted_dns: ['acme.example'], excluded_ip: ['10.0.0.0/8'] },
    };
    const answer = await gateway.operate(customers, { body });
    expect(answer.status).toBe(201);
    expect(answer.headers['cache-control']).toBe('no-store');
    const created = answer.json<CustomerJson & { bearer: string }>();
    expect(created).toEqual({
      handle: 'acme',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 'provisioning',
      tier: 'dev',
      created_at: '2025-10-09T08:53:20Z',
      activated_at: null,
      root_algorithm: 'RSA-4096',
      intermediate_algorithm: 'P-384',
      name_constraints: body.name_constraints,
      external_root: false,
      key_home: null,
      mint_url: `${gateway.url}/acme/mint`,
      pki_url: `${gateway.url}/pki/acme`,
      ceremony_step: 'root',
      ceremony_problem: null,
      limits: { per_minute: 500, per_month: 5000, lifetime: null, per_ttl: null },
      used: { this_minute: 1, this_month: 2, lifetime: 0, month_resets_at: '2026-02-01T00:00:00Z' },
      key_problem: null,
      bearer: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(gateway.product.customers.get('acme')?.rootAlgorithm).toBe(KeyAlgorithm.RSA_4096);
    const shown = await gateway.operate(`${customers}/acme`);
    expect(shown.body.toString()).not.toContain(created.bearer);
  });

  it.each([
    ['400 bad_request', {}],
    ['400 bad_request', { handle: 5 }],
    ['400 bad_request', { handle: 'x', extra: true }],
    ['400 bad_request', { handle: 'x', tier: 'free', external_root: true }],
    ['400 bad_request', { handle: 'x', tier: 'free', crl_shards: 2 }],
    ['400 bad_request', { handle: 'x', crl_shards: 1025 }],
    ['400 bad_request', { handle: 'x', root_algorithm: 'P-521' }],
    ['400 bad_request', { handle: 'x', name_constraints: { permitted_dns: [''] } }],
    ['400 bad_request', { handle: 'x', name_constraints: { permitted: [] } }],
    ['400 bad_request', '{"handle":'],
    ['400 bad_request', ''],
    ['400 bad_handle', { handle: 'pki' }],
    ['409 customer_exists', { handle: 'acme' }],
  ])('answers %s (%#) to a create', async (expected, body) => {
    const headers = { 'content-type': 'application/json' };
    expect(await codeOf(customers, { method: 'POST', body, headers })).toBe(expected);
  });

  it('takes JSON only', async () => {
    const body = 'handle=form';
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
    ]) {
      const headers = { 'content-type': type };
      expect(await codeOf(customers, { body, headers })).toBe('415 unsupported_media_type');
    }
  });

  it('needs the token, before anything else is said', async () => {
    for (const authorization of [
      undefined,
      'Bearer x',
      `Basic ${operatorToken}`,
      `Bearer ${operatorToken}x`,
    ]) {
      const headers = authorization === undefined ? {} : { authorization };
      for (const path of [customers, `${customers}/acme`, '/v1/admin/status']) {
        const answer = await gateway.ask(path, { headers });
        expect([answer.status, answer.json().error.code]).toEqual([401, 'unauthorized']);
        expect(answer.headers['www-authenticate']).toContain('Bearer');
      }
      const create = await gateway.ask(customers, {
        body: 'nonsense',
        headers: { ...headers, 'content-type': 'x' },
      });
      expect(create.status).toBe(401);
    }
    const { bearer } = await gateway.customer('no-operator');
    const answer = await gateway.ask(customers, { bearer });
    expect([answer.status, answer.json().error.code]).toEqual([403, 'operator_only']);
  });

  it('suspends and resumes, and the next request knows', async () => {
    const { bearer } = await gateway.customer('busy');
    expect(await mint('busy', bearer)).toBe(200);
    const suspended = await gateway.operate(`${customers}/busy/suspend`, { method: 'POST' });
    expect([suspended.status, suspended.json<CustomerJson>().status]).toEqual([200, 'suspended']);
    expect(await mint('busy', bearer)).toBe(503);
    const resumed = await gateway.operate(`${customers}/busy/resume`, { method: 'POST' });
    expect(resumed.json<CustomerJson>().status).toBe('active');
    expect(await mint('busy', bearer)).toBe(200);
  });

  it('never says active before a mint works', async () => {
    const created = await gateway.operate(customers, { body: { handle: 'soon' } });
    const { bearer } = created.json<{ bearer: string }>();
    expect(await mint('soon', bearer)).toBe(503);
    gateway.product.change('soon', CustomerStatus.ACTIVE);
    const shown = await gateway.operate(`${customers}/soon`);
    expect(shown.json<CustomerJson>().status).toBe('active');
    expect(await mint('soon', bearer)).toBe(200);
  });

  it('rotates a bearer', async () => {
    const { bearer } = await gateway.customer('rotated');
    const answer = await gateway.operate(`${customers}/rotated/rotate-bearer`, { method: 'POST' });
    expect(answer.status).toBe(200);
    const fresh = answer.json<{ bearer: string }>().bearer;
    expect(await mint('rotated', bearer)).toBe(401);
    expect(await mint('rotated', fresh)).toBe(200);
  });

  it('sets limits, and answers when they are enforced', async () => {
    await gateway.customer('limited');
    gateway.product.entitlementLag = 3;
    const body = { per_minute: null, per_month: 7 };
    const answer = await gateway.operate(`${customers}/limited/limits`, { method: 'PUT', body });
    expect([answer.status, answer.json<CustomerJson>().limits]).toEqual([
      200,
      { ...body, lifetime: null, per_ttl: null },
    ]);
    expect(gateway.product.entitlementLag).toBe(0);
    const half = await gateway.operate(`${customers}/limited/limits`, {
      method: 'PUT',
      body: { per_minute: 0 },
    });
    expect(half.json<CustomerJson>().limits).toEqual({
      per_minute: 0,
      per_month: 7,
      lifetime: null,
      per_ttl: null,
    });
    for (const wrong of [
      {},
      { per_minute: -1 },
      { per_minute: 1.5 },
      { per_month: '5' },
      { per_week: 1 },
      [],
    ]) {
      const options = { method: 'PUT', body: wrong };
      expect(await codeOf(`${customers}/limited/limits`, options)).toBe('400 bad_request');
    }
  });

  it('knows nobody else', async () => {
    for (const handle of ['nobody', 'Not-One', 'a--b', '%00', 'x'.repeat(400)]) {
      expect(await codeOf(`${customers}/${handle}`)).toBe('404 customer_not_found');
      for (const verb of ['suspend', 'resume', 'rotate-bearer']) {
        expect(await codeOf(`${customers}/${handle}/${verb}`, { method: 'POST' })).toBe(
          '404 customer_not_found',
        );
      }
      const options = { method: 'PUT', body: { per_minute: 1 } };
      expect(await codeOf(`${customers}/${handle}/limits`, options)).toBe('404 customer_not_found');
    }
  });

  it('lists them page by page', async () => {
    interface Page {
      customers: CustomerJson[];
      next_page_token: string | null;
    }
    const seen: string[] = [];
    for (let token: string | null = ''; token !== null; ) {
      const path: string = `${customers}?limit=2&page_token=${encodeURIComponent(token)}`;
      const page: Page = (await gateway.operate(path)).json<Page>();
      expect(page.customers.length).toBeLessThanOrEqual(2);
      seen.push(...page.customers.map(({ handle }) => handle));
      token = page.next_page_token;
    }
    expect(seen).toEqual([...gateway.product.customers.keys()].sort());
    for (const query of [
      'limit=0',
      'limit=501',
      'limit=x',
      'limit=1&limit=2',
      'page_token=%00',
      'limit=1e2',
    ]) {
      expect(await codeOf(`${customers}?${query}`)).toBe('400 bad_request');
    }
  });

  it('passes on what the provisioner says', async () => {
    gateway.product.failure = new DomainError('storage_unavailable', 'No database.');
    const answer = await gateway.operate(`${customers}/acme`);
    gateway.product.failure = undefined;
    expect([answer.status, answer.json().error.code, answer.headers['retry-after']]).toEqual([
      503,
      'storage_unavailable',
      '1',
    ]);
  });

  it('says which services answer', async () => {
    const answer = await gateway.operate('/v1/admin/status');
    const { status, version, services } = answer.json<{
      status: string;
      version: string;
      services: object[];
    }>();
    expect([status, version]).toEqual(['up', expect.stringMatching(/^\d+\.\d+\.\d+/)]);
    expect(services).toEqual(
      ['gateway', 'issuer', 'provisioner', 'revocation', 'billing'].map((name) => ({
        name,
        status: 'up',
        answered_in_ms: expect.any(Number),
      })),
    );
  });

  it('shows a customer while the other services are away, and says what is down', async () => {
    await gateway.stopServices();
    const { status, services } = (await gateway.operate('/v1/admin/status')).json<{
      status: string;
      services: { name: string; status: string }[];
    }>();
    expect(status).toBe('degraded');
    expect(services.map((each) => `${each.name} ${each.status}`)).toEqual([
      'gateway up',
      'issuer down',
      'provisioner down',
      'revocation down',
      'billing down',
    ]);
    const answer = await gateway.operate(`${customers}/acme`);
    expect([answer.status, answer.json().error.code]).toEqual([503, 'service_unavailable']);
  }, 15_000);
});
