import { type OcspStatus, parseOcspResponse } from '#libs/x509';
import { canonicalSerial } from '../serial-status/serial.js';
import { CaFixture, fixtureStart as start } from '../testing/ca-fixture.js';
import { ocspReplica, requestFor } from '../testing/ocsp-replica.js';
import type { TestCa } from '../testing/test-ca.js';
import { PublicListener } from './public.listener.js';

const hour = 3_600_000;
const serial = Buffer.alloc(16, 0x42);

describe('OCSP over HTTP', () => {
  let fixture: CaFixture;
  let ca: TestCa;
  let status: OcspStatus;
  let isTrusted: boolean;
  let asked: number;
  let listener: PublicListener;
  let service: ReturnType<typeof ocspReplica>['service'];
  let url: string;

  beforeAll(async () => {
    fixture = await CaFixture.start();
  });
  afterAll(() => fixture?.stop());
  beforeEach(async () => {
    fixture.rewind();
    ca = await fixture.ca();
    status = { kind: 'good' };
    isTrusted = true;
    asked = 0;
    const { pool, clock } = fixture;
    const replica = ocspReplica({
      ...{ pool, clock, ca, most: 10, mayAnswerGood: () => isTrusted },
      async status() {
        asked++;
        return status;
      },
    });
    ({ service } = replica);
    const crls = { current: () => undefined, get: async () => undefined };
    listener = new PublicListener({ ...replica, crls, clock, ocsp: service, mostUrls: 4 });
    url = `http://127.0.0.1:${await listener.listen('127.0.0.1', 0)}/pki/${ca.authority.handle}/ocsp`;
  });
  afterEach(() => listener.close());

  const path = (of: Uint8Array = serial) => encodeURIComponent(requestFor(ca, of).toString('base64'));
  const get = (of?: Uint8Array, init?: RequestInit) => fetch(`${url}/${path(of)}`, init);
  const post = (of: Uint8Array = serial) => fetch(url, { method: 'POST', body: requestFor(ca, of) });

  async function statusOf(response: Response): Promise<string | undefined> {
    expect(response.status).toBe(200);
    const body = Buffer.from(await response.arrayBuffer());
    expect(Number(response.headers.get('content-length'))).toBe(body.length);
    const parsed = parseOcspResponse(body);
    return parsed.kind === 'successful' ? parsed.data.responses[0]?.status : parsed.kind;
  }

  it('says revoked at once to URLs that were answered with good before', async () => {
    for (let times = 0; times < 3; times++) expect(await statusOf(await get())).toBe('good');
    expect(await statusOf(await post())).toBe('good');
    expect(asked).toBe(1);
    status = { kind: 'revoked', revokedAt: start, reason: 1 };
    service.onEntry({ ...ca.authority, serial: canonicalSerial(serial) ?? serial });
    expect(await statusOf(await get())).toBe('revoked');
    expect(await statusOf(await post())).toBe('revoked');
  });

  it('does not go on saying good for what made room in memory and was revoked after', async () => {
    await get();
    await get();
    for (let n = 1; n <= 30; n++) await post(Buffer.alloc(16, n));
    status = { kind: 'revoked', revokedAt: start, reason: 1 };
    service.onEntry({ ...ca.authority, serial: canonicalSerial(serial) ?? serial });
    expect(await statusOf(await get())).toBe('revoked');
  });

  it('does not say good from memory when the journal is in doubt, nor after the response has ended', async () => {
    await get();
    await get();
    isTrusted = false;
    expect(await statusOf(await get())).toBe('tryLater');
    isTrusted = true;
    expect(await statusOf(await get())).toBe('good');
    expect(asked).toBe(2);
    fixture.clock.advance(13 * hour);
    expect(await statusOf(await get())).toBe('good');
    expect(asked).toBe(3);
  });

  it('answers each of many URLs, also of more than it remembers', async () => {
    const other = Buffer.alloc(16, 7);
    const urls = [serial, other].flatMap((of) =>
      [path(of), requestFor(ca, of).toString('base64url'), encodeURIComponent(path(of))].map((text) => ({
        of,
        text,
      })),
    );
    for (let round = 0; round < 3; round++) {
      for (const { of, text } of urls) {
        const response = await fetch(`${url}/${text}`);
        const parsed = parseOcspResponse(Buffer.from(await response.arrayBuffer()));
        const [single] = parsed.kind === 'successful' ? parsed.data.responses : [];
        expect(Buffer.from(single?.certId.serial ?? []).toString('hex')).toBe(of.toString('hex'));
      }
    }
    expect(asked).toBe(2);
  });

  it('has the caching headers of RFC 5019, whose max-age falls as time goes on', async () => {
    const first = await get();
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[0-9a-f]{40}"$/);
    expect(first.headers.get('content-type')).toBe('application/ocsp-response');
    expect(first.headers.get('last-modified')).toBe(new Date(start).toUTCString());
    expect(first.headers.get('expires')).toBe(new Date(start + 12 * hour).toUTCString());
    const control = (age: number) => `max-age=${age}, s-maxage=1, public, no-transform, must-revalidate`;
    expect(first.headers.get('cache-control')).toBe(control(12 * 3600 - 1));
    fixture.clock.advance(hour);
    const later = await get();
    expect(later.headers.get('cache-control')).toBe(control(11 * 3600 - 1));
    expect(later.headers.get('etag')).toBe(etag);
    expect((await get(serial, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const head = await get(serial, { method: 'HEAD' });
    expect([head.status, head.headers.get('etag'), (await head.arrayBuffer()).byteLength]).toEqual([
      200,
      etag,
      0,
    ]);
  });
});
