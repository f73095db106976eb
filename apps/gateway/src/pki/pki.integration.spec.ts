import { SerialStatus } from '#libs/contracts';
import { baseDomain, type GatewayUnderTest, startGatewayUnderTest } from '../testing/gateway-under-test.js';

describe('what relying parties fetch', () => {
  let gateway: GatewayUnderTest;
  const pem = (text: string) =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`;

  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
    await gateway.customer('acme');
    await gateway.operate('/v1/admin/customers', { body: { handle: 'young' } });
  });
  afterAll(() => gateway.stop());

  it.each([
    ['root.pem', 'application/pem-certificate-chain', pem('the root')],
    ['intermediate.pem', 'application/pem-certificate-chain', pem('the intermediate')],
    ['chain.pem', 'application/pem-certificate-chain', pem('the intermediate') + pem('the root')],
    ['root.der', 'application/pkix-cert', 'the root'],
    ['intermediate.der', 'application/pkix-cert', 'the intermediate'],
  ])('is %s', async (file, type, body) => {
    const path = `/pki/acme/ca/${file}`;
    const answer = await gateway.ask(path);
    expect([answer.status, answer.body.toString()]).toEqual([200, body]);
    expect(answer.headers).toMatchObject({
      'content-type': type,
      'content-length': String(body.length),
      'cache-control': expect.stringContaining('max-age='),
      'access-control-allow-origin': '*',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    });

    const { etag = '' } = answer.headers;
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const current = await gateway.ask(path, { headers: { 'if-none-match': tag } });
      expect([current.status, current.body.length, current.headers.etag]).toEqual([304, 0, etag]);
      expect(current.headers['cache-control']).toBeDefined();
    }
    expect((await gateway.ask(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);

    const head = await gateway.ask(path, { method: 'HEAD' });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers).toMatchObject({ etag, 'content-type': type, 'content-length': String(body.length) });
  });

  it('is kept at hand', async () => {
    await gateway.ask('/pki/acme/ca/root.pem');
    const { authorityAsked } = gateway.product;
    await Promise.all(Array.from({ length: 20 }, () => gateway.ask('/pki/acme/ca/chain.pem')));
    expect(gateway.product.authorityAsked).toBe(authorityAsked);
  });

  it.each([
    ['404 bad_path', '/pki/acme/ca/chain.der'],
    ['404 bad_path', '/pki/acme/ca/constructor'],
    ['404 bad_path', '/pki/acme/ca'],
    ['404 bad_path', '/pki/acme'],
    ['404 customer_not_found', '/pki/nobody/ca/root.pem'],
    ['404 customer_not_found', '/pki/No_Handle/ca/root.pem'],
    ['404 customer_not_found', '/pki/%00/ca/root.pem'],
    ['404 customer_not_found', '/pki/nobody/cert/ab'],
    ['404 customer_not_found', '/pki/%00/cert/ab'],
    ['503 customer_not_active', '/pki/young/ca/root.pem'],
    ['404 serial_not_found', '/pki/acme/cert/xyz'],
    ['404 serial_not_found', '/pki/acme/cert/%00'],
    ['404 serial_not_found', `/pki/acme/cert/${'f'.repeat(41)}`],
  ])('answers %s for %s', async (expected, path) => {
    const answer = await gateway.ask(path);
    expect(`${answer.status} ${answer.json().error.code}`).toBe(expected);
  });

  it('is the status of a serial number, however it is written', async () => {
    const serial = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
    const colons = serial.match(/../g)?.join(':').toUpperCase() ?? '';
    for (const written of [serial, serial.slice(1), `00${serial}`, colons]) {
      const answer = await gateway.ask(`/pki/acme/cert/${written}`);
      expect(answer.json()).toEqual({ status: 'active', expires_at: '2027-01-15T08:00:00Z' });
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'access-control-allow-origin': '*',
      });
      expect(Buffer.from(gateway.product.serialsAsked.at(-1) ?? []).toString('hex')).toBe(serial);
    }
    gateway.product.serialStatus = SerialStatus.EXPIRED;
    expect((await gateway.ask('/pki/acme/cert/1')).json()).toMatchObject({ status: 'expired' });
    gateway.product.serialStatus = undefined;
    expect((await gateway.ask('/pki/acme/cert/1')).json().error.code).toBe('serial_not_found');
    gateway.product.serialStatus = SerialStatus.ACTIVE;
  });

  it('is there by host as well', async () => {
    const byHost = await gateway.ask('/ca/root.pem', { headers: { host: `acme.pki.${baseDomain}` } });
    expect([byHost.status, byHost.body.toString()]).toEqual([200, pem('the root')]);
    const byPkiHost = await gateway.ask('/acme/cert/1', { headers: { host: `PKI.${baseDomain}:443` } });
    expect(byPkiHost.status).toBe(200);
  });

  it('outlives the services behind it', async () => {
    await gateway.ask('/pki/acme/ca/root.pem');
    await gateway.stopServices();
    expect((await gateway.ask('/pki/acme/ca/root.pem')).status).toBe(200);
    const status = await gateway.ask('/pki/acme/cert/1');
    expect([status.status, status.json().error.code]).toEqual([503, 'service_unavailable']);
    expect(status.headers['retry-after']).toBe('1');
  }, 15_000);
});
