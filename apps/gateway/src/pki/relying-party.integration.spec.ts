import { type GatewayUnderTest, startGatewayUnderTest } from '../testing/gateway-under-test.js';

describe('what is handed on to the revocation service', () => {
  let gateway: GatewayUnderTest;

  beforeAll(async () => {
    gateway = await startGatewayUnderTest();
  });
  afterAll(() => gateway.stop());

  it('is a CRL with its own caching, also by host', async () => {
    const answer = await gateway.ask('/pki/acme/intermediate.crl');
    expect([answer.status, answer.body.toString(), answer.headers['content-type']]).toEqual([
      ...[200, 'a CRL', 'application/pkix-crl'],
    ]);
    expect(answer.headers).toMatchObject({ etag: '"one"', 'cache-control': 'public, max-age=60' });
    const headers = { 'if-none-match': '"one"' };
    expect((await gateway.ask('/pki/acme/intermediate.crl', { headers })).status).toBe(304);
    const host = { host: 'acme.pki.stackrunner.test' };
    await gateway.ask('/intermediate.crl', { headers: host });
    expect(gateway.status.requests.at(-1)?.url).toMatch(/intermediate\.crl$/);
  });

  it('is OCSP, octet by octet', async () => {
    const body = Buffer.from([0x30, 0x03, 0x00, 0xff, 0x0a]);
    const headers = { 'content-type': 'application/ocsp-request' };
    const posted = await gateway.ask('/pki/acme/ocsp', { method: 'POST', body, headers });
    expect([posted.status, posted.headers['content-type']]).toEqual([200, 'application/ocsp-response']);
    expect(gateway.status.requests.at(-1)).toEqual({
      ...{ method: 'POST', url: '/pki/acme/ocsp', type: 'application/ocsp-request' },
      body: body.toString('latin1'),
    });
    for (const text of ['MAA%2B%2f%3D', 'MA/+//=', 'MA%252F']) {
      expect((await gateway.ask(`/pki/acme/ocsp/${text}`)).status).toBe(200);
      expect(gateway.status.requests.at(-1)?.url).toBe(`/pki/acme/ocsp/${text}`);
    }
  });

  it('is nothing else', async () => {
    const before = gateway.status.requests.length;
    for (const path of ['/pki/acme/other', '/pki/No_Handle/intermediate.crl', '/pki/%00/ocsp']) {
      expect([path, (await gateway.ask(path)).json().error.code]).toEqual([path, 'bad_path']);
    }
    expect(gateway.status.requests).toHaveLength(before);
    expect((await gateway.ask('/pki/acme/none.crl')).json().error.code).toBe('bad_path');
  });

  it('is service_unavailable while that listener is away', async () => {
    gateway.status.isDown = true;
    const answer = await gateway.ask('/pki/acme/intermediate.crl');
    expect([answer.status, answer.json().error.code]).toEqual([503, 'service_unavailable']);
    gateway.status.isDown = false;
    expect((await gateway.ask('/pki/acme/intermediate.crl')).status).toBe(200);
  });
});
