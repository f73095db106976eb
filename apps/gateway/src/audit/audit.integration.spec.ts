import { createHash } from 'node:crypto';
import { ActorKind } from '#libs/contracts';
import { type GatewayUnderTest, pemOf, startGatewayUnderTest } from '../testing/gateway-under-test.js';

describe('what the audit trail is told', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
  });
  afterAll(() => gateway.stop());

  const told = async (action: string, handle: string) => {
    for (let wait = 0; wait < 200; wait++) {
      const found = gateway.audited.filter((each) => each.action === action && each.handle === handle);
      if (found.length > 0) return found.map((each) => ({ ...each, details: JSON.parse(each.details) }));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`nothing was told of ${action}`);
  };

  it('is who created a customer, by which request, and the hash of the bearer, never the bearer', async () => {
    const { body, json, headers } = await gateway.operate('/v1/admin/customers', {
      body: { handle: 'acme' },
    });
    const { id, bearer } = json<{ id: string; bearer: string }>();
    const [event] = await told('createCustomer', 'acme');
    expect(event).toMatchObject({
      customerId: id,
      actorKind: ActorKind.OPERATOR,
      outcome: 'ok',
      requestId: headers['x-request-id'],
      details: { credential_hash: createHash('sha256').update(bearer).digest('hex'), status: 'provisioning' },
    });
    expect(body.toString()).toContain(bearer);
    expect(
      JSON.stringify(gateway.audited, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
    ).not.toContain(bearer);
  });

  it('is the customer of the path, and what the answer says of it', async () => {
    const { customer } = await gateway.customer('globex');
    await gateway.operate('/v1/admin/customers/globex/suspend', { method: 'POST' });
    expect(await told('suspendCustomer', 'globex')).toMatchObject([
      { customerId: customer.id, outcome: 'ok', details: { status: 'suspended' } },
    ]);
  });

  it('has a refusal with its code, and nothing of what was malformed or nobody asked for', async () => {
    const { customer } = await gateway.customer('initech');
    const path = '/v1/admin/customers/initech';
    await gateway.operate(`${path}/limits`, { method: 'PUT', body: { per_minute: 'many' } });
    await gateway.operate('/v1/admin/customers/nobody/suspend', { method: 'POST' });
    await gateway.ask(`${path}/suspend`, { method: 'POST', bearer: 'wrong' });
    await gateway.operate(`${path}/limits`, { method: 'PUT', body: { per_minute: 7 } });
    const [event] = await told('setLimits', 'initech');
    expect(event).toMatchObject({ customerId: customer.id, outcome: 'ok' });
    expect(gateway.audited.filter(({ handle }) => handle === 'initech').map(({ action }) => action)).toEqual([
      'createCustomer',
      'setLimits',
    ]);
    expect(gateway.audited.filter(({ handle }) => handle === 'nobody')).toEqual([]);
  });

  it('goes with a mint to the issuer', async () => {
    const { bearer } = await gateway.customer('umbrella');
    const answer = await gateway.ask('/umbrella/mint', {
      bearer,
      body: { version: 'v1', csr_pems: [pemOf('one')], ttl: '7d' },
    });
    expect(answer.status).toBe(200);
    expect(gateway.product.minted.at(-1)).toMatchObject({
      actorKind: ActorKind.MASTER_BEARER,
      handle: 'umbrella',
      requestId: answer.headers['x-request-id'],
      credentialId: '',
    });
    const hash = createHash('sha256').update(bearer).digest();
    expect(Buffer.from(gateway.product.minted.at(-1)?.actorHash ?? [])).toEqual(hash);
  });

  it('is read back by the operator', async () => {
    const { customer } = await gateway.customer('stark');
    const answer = await gateway.operate('/v1/admin/customers/stark/audit?after=4&limit=7');
    expect(answer.json()).toEqual({
      customer_id: customer.id,
      handle: 'stark',
      entries: [
        {
          sequence: 5,
          recorded_at: '2023-11-14T22:13:20.123Z',
          hash: '0'.repeat(64),
          entry: expect.objectContaining({ details: { customerId: customer.id, limit: 7 } }),
        },
      ],
      head: { sequence: 5, hash: '0'.repeat(64) },
    });
    for (const query of ['after=-1', 'limit=0', 'limit=1001', 'after=x']) {
      expect((await gateway.operate(`/v1/admin/customers/stark/audit?${query}`)).status).toBe(400);
    }
    expect((await gateway.operate('/v1/admin/customers/nobody/audit')).status).toBe(404);
    expect((await gateway.ask('/v1/admin/customers/stark/audit')).status).toBe(401);
  });
});
