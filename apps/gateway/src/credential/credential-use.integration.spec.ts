import { type GatewayUnderTest, startGatewayUnderTest } from '../testing/gateway-under-test.js';

interface Used {
  readonly credential_id: string;
  readonly bearer: string;
  readonly last_used_at: string | null;
}

describe('a scoped credential', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
    await gateway.customer('acme');
  });
  afterAll(() => gateway?.stop());

  const path = '/v1/admin/customers/acme/credentials';
  const seed = async () => (await gateway.operate(path, { body: { modes: ['sign_leaf'] } })).json<Used>();
  const lastUses = async () => {
    const { credentials } = (await gateway.operate(path)).json<{ credentials: Used[] }>();
    return new Map(credentials.map((each) => [each.credential_id, each.last_used_at]));
  };

  it('shows when it was used last, a few seconds late, and null while it never was', async () => {
    const [used, idle] = [await seed(), await seed()];
    const before = Date.now();
    const who = await gateway.ask('/v1/whoami', { headers: { authorization: `Bearer ${used.bearer}` } });
    expect(who.status).toBe(200);
    let uses = await lastUses();
    for (; uses.get(used.credential_id) === null; uses = await lastUses()) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const at = Date.parse(uses.get(used.credential_id) ?? '');
    expect(Math.abs(at - before)).toBeLessThan(60_000);
    expect(uses.get(idle.credential_id)).toBeNull();
  });
});
