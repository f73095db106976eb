import { type GatewayUnderTest, startGatewayUnderTest } from '../testing/gateway-under-test.js';

describe("the operator's view of usage", () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
  });
  afterAll(() => gateway.stop());

  it('reconciles one customer or all, and tells of differences', async () => {
    const all = await gateway.operate('/v1/admin/reconcile-usage', { body: {} });
    expect([all.status, all.json()]).toEqual([200, { customers: 3, differences: [] }]);
    await gateway.customer('acme');
    const one = await gateway.operate('/v1/admin/reconcile-usage', { body: { handle: 'acme' } });
    expect(one.json()).toEqual({
      customers: 1,
      differences: [
        { handle: 'acme', repairs: [{ counter: 'month', counted: 9, issued: 7 }], issued: 7, in_trail: 5 },
      ],
    });
    expect((await gateway.operate('/v1/admin/reconcile-usage', { method: 'POST' })).status).toBe(200);
    const wrong = await gateway.operate('/v1/admin/reconcile-usage', { body: { handle: '../x' } });
    expect(wrong.json().error.code).toBe('customer_not_found');
    expect((await gateway.ask('/v1/admin/reconcile-usage', { body: {} })).status).toBe(401);
  });

  it('lists months', async () => {
    await gateway.customer('globex');
    expect((await gateway.operate('/v1/admin/customers/globex/months')).json()).toEqual({
      handle: 'globex',
      months: [{ month: '2026-03', issued: 7, in_trail: 5, taken_at: '2026-04-01T02:00:00Z' }],
    });
    expect((await gateway.operate('/v1/admin/customers/nobody/months')).status).toBe(404);
  });
});
