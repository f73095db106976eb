import { RevocationActorKind, RevocationReason, SerialStatus } from '#libs/contracts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../testing/gateway-under-test.js';
import { reasonNames } from './revocation-reason.js';

describe('revoking over HTTP', () => {
  let gateway: GatewayUnderTest;
  let bearer: string;
  let customerId: string;

  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
    const acme = await gateway.customer('acme');
    ({ bearer } = acme);
    customerId = acme.customer.id;
    await gateway.customer('other');
  });
  beforeEach(() => {
    gateway.product.serialStatus = SerialStatus.ACTIVE;
    gateway.product.revocationsAsked.length = 0;
  });
  afterAll(() => gateway.stop());

  const revoke = (body: object, handle = 'acme') => gateway.ask(`/${handle}/revoke`, { bearer, body });

  it('takes the shape of specification 3 and says how the certificate stands', async () => {
    const answer = await revoke({ version: 'v1', serial: '3e:5F:00' });
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(answer.json()).toEqual({
      version: 'v1',
      serial: '3e5f00',
      status: 'revoked',
      revoked_at: '2026-09-21T14:13:20Z',
      revoked_reason: 'unspecified',
      expires_at: '2027-01-15T08:00:00Z',
    });
    expect(gateway.product.revocationsAsked).toMatchObject([
      {
        customerId,
        serials: [Buffer.from(`${'00'.repeat(13)}3e5f00`, 'hex')],
        reason: RevocationReason.UNSPECIFIED,
        actor: { kind: RevocationActorKind.MASTER_BEARER, id: 'acme' },
        mintedBy: '',
      },
    ]);
  });

  it('takes many serial numbers, a reason by name and an invalidity date', async () => {
    const invalidity_date = '2026-05-19T00:02:03Z';
    const answer = await revoke({ serials: ['AB', '00:0c'], reason: 'keyCompromise', invalidity_date });
    expect(answer.json<{ certs: object[] }>().certs).toMatchObject([
      { serial: 'ab', revoked_reason: 'keyCompromise' },
      { serial: '0c', revoked_reason: 'keyCompromise' },
    ]);
    expect(gateway.product.revocationsAsked[0]?.invalidityDate).toBe(
      BigInt(Date.parse(invalidity_date) / 1000),
    );
  });

  it('knows every reason of RFC 5280 by its name', async () => {
    for (const reason of reasonNames.filter((name) => name !== 'removeFromCRL')) {
      expect((await revoke({ serial: 'ab', reason })).json()).toMatchObject({ revoked_reason: reason });
    }
    expect(gateway.product.revocationsAsked.map(({ reason }) => reason)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 9, 10,
    ]);
  });

  it.each<[string, object]>([
    ['404 serial_not_found', { serial: 'nonsense' }],
    ['404 serial_not_found', { serial: 'f'.repeat(42) }],
    ['400 bad_request', {}],
    ['400 bad_request', { serial: 'ab', serials: ['ab'] }],
    ['400 bad_request', { serials: [] }],
    ['400 bad_request', { serial: 'ab', reason: 'boredom' }],
    ['400 bad_request', { serial: 'ab', reason: 1 }],
    ['400 bad_request', { serial: 'ab', invalidity_date: 'yesterday' }],
    ['400 bad_request', { serial: 'ab', invalidity_date: '2026-13-45T99:99:99Z' }],
    ['400 bad_request', { serial: 'ab', version: 'v2' }],
    ['409 not_on_hold', { serial: 'ab', reason: 'removeFromCRL' }],
  ])('answers %s to %j', async (expected, body) => {
    const answer = await revoke(body);
    expect(`${answer.status} ${answer.json().error.code}`).toBe(expected);
  });

  it('refuses an unknown bearer, another handle, and the serial numbers of others', async () => {
    const wrong = await gateway.ask('/acme/revoke', { bearer: 'x'.repeat(43), body: { serial: 'ab' } });
    expect([wrong.status, wrong.json().error.code]).toEqual([401, 'unauthorized']);
    const foreign = await revoke({ serial: 'ab' }, 'other');
    expect([foreign.status, foreign.json().error.code]).toEqual([404, 'customer_not_found']);
    gateway.product.serialStatus = undefined;
    const unknown = await revoke({ serial: 'ab' });
    expect([unknown.status, unknown.json().error.code]).toEqual([404, 'serial_not_found']);
  });

  it('serves a suspended customer: a stolen key waits for nobody', async () => {
    await gateway.operate('/v1/admin/customers/acme/suspend', { method: 'POST' });
    expect((await revoke({ serial: 'ab' })).status).toBe(200);
    await gateway.operate('/v1/admin/customers/acme/resume', { method: 'POST' });
  });

  it('serves the operator, and nobody else, for any customer', async () => {
    const path = '/v1/admin/customers/acme/revoke';
    const body = { serials: ['ab'], reason: 'superseded' };
    expect((await gateway.ask(path, { body })).status).toBe(401);
    expect((await gateway.ask(path, { bearer, body })).status).toBe(403);
    expect((await gateway.operate(path, { body })).status).toBe(200);
    expect(gateway.product.revocationsAsked.at(-1)).toMatchObject({
      customerId,
      actor: { kind: RevocationActorKind.OPERATOR, id: 'operator' },
    });
    const nobody = await gateway.operate('/v1/admin/customers/nobody/revoke', { body });
    expect([nobody.status, nobody.json().error.code]).toEqual([404, 'customer_not_found']);
  });
});
