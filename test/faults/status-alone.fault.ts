import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BasicOcspResponse,
  type Certificate,
  certIdDer,
  createCsr,
  createOcspRequest,
  parseCertificate,
  parseCrl,
  parseOcspResponse,
  pemDecodeAll,
  pemEncode,
  verifyCertificateSignature,
} from '#libs/x509';
import { killed, postmasterPid, servicesOf, statusOriginOf } from '../support/processes.js';
import { type Customer, Product } from '../support/product.js';

const others = ['gateway', 'issuer', 'provisioner', 'billing', 'nats'] as const;
const requestType = { 'content-type': 'application/ocsp-request' };

describe.each(['services', 'standalone'] as const)('CRL and OCSP of %s', (mode) => {
  let product: Product;
  let customer: Customer;
  let issuer: Certificate;
  /** Where the revocation service itself serves. */
  let alone: string;
  let good: Buffer;
  let bad: Buffer;

  beforeAll(async () => {
    product = await Product.start({ mode, env: { STACKRUNNER_LOG_LEVEL: 'warn' } });
    customer = await product.customer('alone');
    alone = `${statusOriginOf(product.printed)}/pki/alone`;
    const csrs = [1, 2].map((n) =>
      pemEncode(
        'CERTIFICATE REQUEST',
        createCsr({ commonName: 'app', dnsNames: [`app-${n}.internal`] }).csrDer,
      ),
    );
    const minted = await product.mint(customer, csrs, '7d');
    issuer = parseCertificate(pemDecodeAll(minted.chain, 'CERTIFICATE')[0] ?? new Uint8Array());
    [good = Buffer.alloc(1), bad = Buffer.alloc(1)] = minted.certs.map(({ serial }) =>
      Buffer.from(serial, 'hex'),
    );
    const body = { serial: bad.toString('hex'), reason: 'superseded' };
    expect((await product.request('/alone/revoke', { bearer: customer.bearer, body })).status).toBe(200);
  }, 120_000);

  afterAll(async () => {
    await product?.stop();
  }, 60_000);

  const ask = (serials: readonly Uint8Array[], nonce?: Uint8Array) =>
    createOcspRequest(
      serials.map((serial) => certIdDer(issuer, serial)),
      nonce,
    );
  const post = async (url: string, body: Uint8Array) => {
    const response = await fetch(`${url}/ocsp`, {
      method: 'POST',
      headers: requestType,
      body: Buffer.from(body),
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/ocsp-response',
    ]);
    return { headers: response.headers, der: Buffer.from(await response.arrayBuffer()) };
  };
  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(`${alone}${path}`, { method, headers });
    return {
      status: response.status,
      headers: response.headers,
      der: Buffer.from(await response.arrayBuffer()),
    };
  };

  /** A response whose responder the CA has certified for nothing but this. */
  function trusted(der: Buffer): BasicOcspResponse {
    const parsed = parseOcspResponse(der);
    if (parsed.kind !== 'successful') throw new Error(`the answer is ${parsed.kind}`);
    const responder = parseCertificate(parsed.certificates[0] ?? new Uint8Array());
    expect(verifyCertificateSignature(responder, issuer)).toBe(true);
    expect(Buffer.compare(responder.spki.der, issuer.spki.der)).not.toBe(0);
    const types = responder.fields.extensions.map(({ oid }) => oid);
    expect(types).toContain('1.3.6.1.5.5.7.48.1.5');
    expect((responder.notAfter - responder.notBefore) / 86_400_000).toBeCloseTo(30, 1);
    return parsed;
  }
  const statuses = (der: Buffer) => trusted(der).data.responses.map(({ status }) => status);

  it('say good, revoked and unknown, together in one answer, also through the gateway', async () => {
    const never = Buffer.alloc(16, 0x11);
    for (const url of [alone, `${product.origin}/pki/alone`]) {
      const { der, headers } = await post(url, ask([good, bad, never]));
      expect(statuses(der)).toEqual(['good', 'revoked', 'unknown']);
      expect(trusted(der).data.responses[1]).toMatchObject({ reason: 4 });
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('repeat a nonce of 1 to 128 octets, and call others malformed (RFC 9654)', async () => {
    for (const octets of [1, 32, 128]) {
      const nonce = Buffer.alloc(octets, octets);
      expect(trusted((await post(alone, ask([good], nonce))).der).data.nonce).toEqual(new Uint8Array(nonce));
    }
    for (const octets of [0, 129]) {
      const { der } = await post(alone, ask([good], Buffer.alloc(octets)));
      expect(parseOcspResponse(der).kind).toBe('malformedRequest');
    }
  });

  it('answer GET in every encoding with the same octets and the headers of RFC 5019', async () => {
    const request = ask([good]);
    const { der } = await post(alone, request);
    const text = request.toString('base64');
    for (const path of [
      text,
      encodeURIComponent(text),
      encodeURIComponent(encodeURIComponent(text)),
      text.replace(/=+$/, ''),
    ]) {
      const answer = await get(`/ocsp/${path}`);
      expect([answer.status, answer.der.equals(der)]).toEqual([200, true]);
      const etag = answer.headers.get('etag') ?? '';
      expect(etag).toMatch(/^"[0-9a-f]{40}"$/);
      expect(answer.headers.get('cache-control')).toMatch(
        /max-age=\d+.*public, no-transform, must-revalidate/,
      );
      const [single] = trusted(der).data.responses;
      expect(Date.parse(answer.headers.get('expires') ?? '')).toBe(single?.nextUpdate);
      expect(Date.parse(answer.headers.get('last-modified') ?? '')).toBe(single?.thisUpdate);
      expect((await get(`/ocsp/${path}`, { 'if-none-match': etag })).status).toBe(304);
      const since = answer.headers.get('last-modified') ?? '';
      expect((await get(`/ocsp/${path}`, { 'if-modified-since': since })).status).toBe(304);
    }
    const through = await product.request(`/pki/alone/ocsp/${encodeURIComponent(text)}`);
    expect([through.status, through.headers.get('etag')]).toEqual([
      200,
      (await get(`/ocsp/${text}`)).headers.get('etag'),
    ]);
  });

  it('answer whatever is no request with an OCSP error, never a 500', async () => {
    for (const body of [
      Buffer.alloc(0),
      Buffer.from('30', 'hex'),
      Buffer.from('hello'),
      Buffer.alloc(20_000, 0x30),
    ]) {
      expect(parseOcspResponse((await post(alone, body)).der).kind).toBe('malformedRequest');
    }
    for (const path of ['/ocsp', '/ocsp/', '/ocsp/%', '/ocsp/!!!', '/ocsp/AAAA']) {
      const answer = await get(path);
      expect([path, answer.status, parseOcspResponse(answer.der).kind]).toEqual([
        path,
        200,
        'malformedRequest',
      ]);
    }
    const nobody = alone.replace(/alone$/, 'nobody');
    expect(parseOcspResponse((await post(nobody, ask([good]))).der).kind).toBe('unauthorized');
    expect((await get('/ocsp', {}, 'DELETE')).status).toBe(405);
    expect((await get('/other.crl')).status).toBe(404);
    expect((await get('/intermediate.3.crl')).status).toBe(404);
  });

  it('serve the CRL as it is signed, with its ETag, and 304 to who has it', async () => {
    let answer = await get('/intermediate.crl');
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(100)) {
      answer = await get('/intermediate.crl', { 'accept-encoding': 'gzip' });
      if (parseCrl(answer.der).fields.entries) break;
    }
    const crl = parseCrl(answer.der);
    expect(crl.fields.entries).toBeDefined();
    expect(crl.fields.nextUpdate?.at).toBe(crl.fields.thisUpdate.at + 86_400_000);
    expect(answer.headers.get('content-encoding')).toBeNull();
    expect(answer.headers.get('content-type')).toBe('application/pkix-crl');
    const age = Number(/max-age=(\d+)/.exec(answer.headers.get('cache-control') ?? '')?.[1]);
    expect(Math.abs(age * 1000 - ((crl.fields.nextUpdate?.at ?? 0) - Date.now()))).toBeLessThan(5_000);
    const etag = answer.headers.get('etag') ?? '';
    expect((await get('/intermediate.crl', { 'if-none-match': etag })).status).toBe(304);
    const head = await get('/intermediate.crl', {}, 'HEAD');
    expect([head.status, head.der.length, head.headers.get('content-length')]).toEqual([
      200,
      0,
      String(answer.der.length),
    ]);
    const delta = parseCrl((await get('/intermediate.delta.crl')).der);
    expect(delta.number).toBe(crl.number);
    expect(delta.base ?? 0n).toBeLessThan(crl.number ?? 0n);
  }, 30_000);

  const published = async () => [
    (await post(alone, ask([good]))).der,
    (await post(alone, ask([bad]))).der,
    (await get(`/ocsp/${encodeURIComponent(ask([good]).toString('base64'))}`)).der,
    (await get('/intermediate.crl')).der,
    (await get('/root.crl')).der,
  ];
  /** The same octets as before, ten times. */
  async function expectSame(before: readonly Buffer[], inBetween: () => Promise<void>): Promise<void> {
    for (let round = 0; round < 10; round++) {
      await inBetween();
      const now = await published();
      expect(now.map((der, index) => before[index]?.equals(der))).toEqual(before.map(() => true));
    }
    expect(before.slice(0, 2).map(statuses)).toEqual([['good'], ['revoked']]);
  }

  const outlives = {
    services: async () => {
      const before = await published();
      const { pids } = servicesOf(product.dataDir);
      // Who would start them again, then all but the revocation service.
      await product.end('SIGKILL');
      for (const name of others) expect([name, killed(() => pids[name])]).toEqual([name, true]);
      expect(killed(() => postmasterPid(product.dataDir))).toBe(true);
      try {
        await expectSame(before, () => sleep(300));
        // What it cannot know it does not say.
        const unknown = await post(alone, ask([Buffer.alloc(16, 0x22)]));
        expect(parseOcspResponse(unknown.der).kind).toBe('tryLater');
      } finally {
        killed(() => pids.revocation);
      }
    },
    // All else is the same process; PostgreSQL comes back by itself, and dies again.
    standalone: async () => {
      const before = await published();
      let kills = 0;
      await expectSame(before, async () => {
        if (killed(() => postmasterPid(product.dataDir))) kills += 1;
        await sleep(100);
      });
      expect(kills).toBeGreaterThan(0);
    },
  };
  const whom = {
    services: 'gateway, issuer, provisioner, billing, NATS and PostgreSQL',
    standalone: 'PostgreSQL, which dies again and again',
  };
  it(`outlive ${whom[mode]}`, outlives[mode], 60_000);
});
