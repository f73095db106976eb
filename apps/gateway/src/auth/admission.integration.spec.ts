import pg from 'pg';
import { CustomerStatus } from '#libs/contracts';
import { askUntil } from '#libs/testing';
import {
  bodyLimit,
  type GatewayUnderTest,
  pemOf,
  startGatewayUnderTest,
} from '../testing/gateway-under-test.js';
import { ask } from '../testing/http-client.js';

describe('who may mint', () => {
  let gateway: GatewayUnderTest;
  const order = { version: 'v1', csr_pems: [pemOf('one')], ttl: '7d' };
  const codeOf = async (path: string, bearer: string | undefined, extra: object = {}) => {
    const answer = await gateway.ask(path, { body: order, ...(bearer && { bearer }), ...extra });
    return answer.status === 200 ? '200' : `${answer.status} ${answer.json().error.code}`;
  };

  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
  });
  afterAll(() => gateway.stop());

  it('checks route, size, bearer, handle, standing and body in this order', async () => {
    const { bearer } = await gateway.customer('order');
    const idle = await gateway.customer('order-idle');
    await gateway.tell(gateway.product.change('order-idle', CustomerStatus.SUSPENDED));
    const wrong = 'x'.repeat(43);
    const large = { body: Buffer.alloc(bodyLimit + 1), headers: { 'content-type': 'garbage' } };
    const broken = { body: 'nonsense', headers: { 'content-type': 'garbage' } };
    const chunked = { body: undefined, chunks: ['nonsense'], headers: { 'content-type': 'garbage' } };
    const largeChunks = { body: undefined, chunks: [large.body, large.body], headers: large.headers };

    expect(await codeOf('/a/b/c/mint', wrong, large)).toBe('404 bad_path');
    expect(await codeOf('/order/mint', wrong, { ...large, method: 'PUT' })).toBe('405 method_not_allowed');
    expect(await codeOf('/order/mint', wrong, large)).toBe('413 body_too_large');
    expect(await codeOf('/order/mint', wrong, largeChunks)).toBe('413 body_too_large');
    expect(await codeOf('/order/mint', wrong, broken)).toBe('401 unauthorized');
    expect(await codeOf('/order/mint', wrong, chunked)).toBe('401 unauthorized');
    expect(await codeOf('/other/mint', bearer, broken)).toBe('404 customer_not_found');
    expect(await codeOf('/other/mint', bearer, chunked)).toBe('404 customer_not_found');
    expect(await codeOf('/order-idle/mint', idle.bearer, broken)).toBe('503 customer_not_active');
    expect(await codeOf('/order/mint', bearer, broken)).toBe('415 unsupported_media_type');
    expect(await codeOf('/order/mint', bearer, chunked)).toBe('415 unsupported_media_type');
    expect(await codeOf('/order/mint', bearer)).toBe('200');
  });

  it('refuses every bearer but the right one, with the scheme', async () => {
    const { bearer } = await gateway.customer('bearers');
    const headers = [undefined, '', 'Bearer', 'Bearer ', `Basic ${bearer}`, bearer, `Bearer ${bearer}x`];
    for (const authorization of [...headers, `Bearer ${bearer.slice(1)}`, `Bearer ${'\u00e9'.repeat(43)}`]) {
      const answer = await gateway.ask('/bearers/mint', {
        body: order,
        headers: authorization === undefined ? {} : { authorization },
      });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="stackrunner"');
    }
    for (const authorization of [`bearer ${bearer}`, `BEARER   ${bearer}`]) {
      expect((await gateway.ask('/bearers/mint', { body: order, headers: { authorization } })).status).toBe(
        200,
      );
    }
  });

  it('tells nobody of a handle that is not theirs', async () => {
    const { bearer } = await gateway.customer('mine');
    await gateway.customer('theirs');
    const bodies = await Promise.all(
      ['theirs', 'nobodys', 'Not-A-Handle', 'a--b', '%00', 'x'.repeat(300), 'pki', '..%2f'].map(
        async (handle) => {
          const headers = { 'x-request-id': 'same' };
          const answer = await gateway.ask(`/${handle}/mint`, { bearer, body: order, headers });
          return `${answer.status} ${answer.body}`;
        },
      ),
    );
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toMatch(/^404 .*customer_not_found/);
    expect(await codeOf('/theirs/mint', undefined)).toBe('401 unauthorized');
    expect(await codeOf('/nobodys/mint', undefined)).toBe('401 unauthorized');
  });

  it('sees at once that a customer became active, whoever knows it first', async () => {
    const created = await gateway.operate('/v1/admin/customers', { body: { handle: 'young' } });
    const { bearer } = created.json<{ bearer: string }>();
    const refused = await gateway.ask('/young/mint', { bearer, body: order });
    expect([refused.status, refused.json().error.code]).toEqual([503, 'customer_not_active']);
    expect(refused.headers['retry-after']).toBeDefined();
    // No event tells of it yet: the gateway asks before it refuses.
    gateway.product.change('young', CustomerStatus.ACTIVE);
    expect(await codeOf('/young/mint', bearer)).toBe('200');
  });

  it('forgets on every replica what an event changes', async () => {
    const { bearer, customer } = await gateway.customer('replicas');
    const second = await gateway.replica();
    const codes = async (path: string, shown = bearer) =>
      Promise.all(
        [gateway.url, second.url].map(
          async (url) => (await ask(url, path, { bearer: shown, body: order })).status,
        ),
      );
    // An event is taken by one replica before it counts as told; the other hears of it at its own time.
    const become = async (expected: readonly number[]) => {
      const isWanted = (seen: readonly number[]) => seen.join() === expected.join();
      expect(await askUntil(() => codes('/replicas/mint'), isWanted)).toEqual(expected);
    };
    await become([200, 200]);

    await gateway.tell(gateway.product.change('replicas', CustomerStatus.SUSPENDED));
    await become([503, 503]);
    await gateway.tell(gateway.product.change('replicas', CustomerStatus.ACTIVE));
    await become([200, 200]);

    const rotated = await gateway.operate('/v1/admin/customers/replicas/rotate-bearer', { method: 'POST' });
    const fresh = rotated.json<{ bearer: string }>().bearer;
    expect((await codes('/replicas/mint'))[0]).toBe(401);
    // The other replica hears of it through the outbox.
    await become([401, 401]);
    expect(await codes('/replicas/mint', fresh)).toEqual([200, 200]);

    // An older version, delivered late, changes nothing.
    await gateway.tell({ ...customer, status: CustomerStatus.SUSPENDED, version: 1n });
    expect(await codes('/replicas/mint', fresh)).toEqual([200, 200]);
    await second.stop();
  });

  it('survives a flood of wrong bearers, and remembers them within bounds', async () => {
    const { bearer } = await gateway.customer('flood');
    const wrong = Array.from({ length: 200 }, (_, index) => `${index}`.padStart(43, 'w'));
    const answers = await Promise.all([
      ...wrong.map((each) => codeOf('/flood/mint', each)),
      codeOf('/flood/mint', bearer),
    ]);
    expect(new Set(answers.slice(0, -1))).toEqual(new Set(['401 unauthorized']));
    expect(answers.at(-1)).toBe('200');
    expect(await gateway.metrics.metrics()).toMatch(/stackrunner_bearer_lookups_total\{result="known"/);
  });

  it('keeps no bearer, neither in the database nor in the log', async () => {
    const { bearer } = await gateway.customer('secret');
    await codeOf('/secret/mint', bearer);
    const rows = await gateway.database.query('SELECT * FROM gateway.bearer');
    expect(JSON.stringify(rows)).not.toContain(bearer);
    expect(gateway.log()).not.toContain(bearer);
  });

  it('lets the database refuse to show one customer to another', async () => {
    const { customer } = await gateway.customer('tenant-a');
    await gateway.customer('tenant-b');
    const client = new pg.Client({ connectionString: gateway.database.url('gateway') });
    await client.connect();
    try {
      for (const table of ['gateway.customer', 'gateway.bearer']) {
        expect((await client.query(`SELECT * FROM ${table}`)).rowCount).toBe(0);
        await client.query("SELECT set_config('stackrunner.customer_id', $1, false)", [customer.id]);
        const { rows } = await client.query(`SELECT customer_id FROM ${table}`);
        expect(rows).toEqual([{ customer_id: customer.id }]);
        const foreign = `UPDATE ${table} SET customer_id = customer_id WHERE customer_id <> $1`;
        if (table === 'gateway.customer')
          expect((await client.query(foreign, [customer.id])).rowCount).toBe(0);
        await client.query("SELECT set_config('stackrunner.customer_id', '', false)");
      }
      const insert = "INSERT INTO gateway.bearer (hash, customer_id) VALUES (sha256('x'), $1)";
      await expect(client.query(insert, [customer.id])).rejects.toThrow('row-level security');
      await expect(client.query('TRUNCATE gateway.bearer')).rejects.toThrow('permission denied');
    } finally {
      await client.end();
    }
  });
});
