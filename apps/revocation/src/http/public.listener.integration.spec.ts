import { connect } from 'node:net';
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

  /** Writes pieces to one connection and reads until it closes, or until so many answers are there. */
  async function raw(
    pieces: readonly (string | Buffer)[],
    answers: number,
  ): Promise<{ text: string; closed: boolean }> {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1').setNoDelay(true);
    const chunks: Buffer[] = [];
    let closed = false;
    const text = () => Buffer.concat(chunks).toString('latin1');
    const read = new Promise<void>((resolve, reject) => {
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        if (bodiesOf(text()).length === answers) resolve();
      });
      socket.on('end', () => {
        closed = true;
        resolve();
      });
      socket.on('error', reject);
    });
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await read;
    socket.destroy();
    return { text: text(), closed };
  }

  /** The octets of the answers that have come as a whole, in their order. */
  function bodiesOf(text: string): Buffer[] {
    const found: Buffer[] = [];
    for (let rest = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, ''); ; ) {
      const from = rest.indexOf('\r\n\r\n') + 4;
      const to = from + Number(/content-length: (\d+)\r\n/i.exec(rest)?.[1]);
      if (from < 4 || !(to <= rest.length)) return found;
      found.push(Buffer.from(rest.slice(from, to), 'latin1'));
      rest = rest.slice(to);
    }
  }

  /** The ends of the serial numbers that the answers are about. */
  function serialsOf(text: string): string[] {
    return bodiesOf(text).map((body) => {
      const parsed = parseOcspResponse(body);
      const [single] = parsed.kind === 'successful' ? parsed.data.responses : [];
      return single ? Buffer.from(single.certId.serial).toString('hex').slice(-2) : parsed.kind;
    });
  }

  const head = (method: string, suffix = '', more = '') =>
    `${method} ${new URL(url).pathname}${suffix} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  const posted = (of: Uint8Array, more = ''): Buffer => {
    const body = requestFor(ca, of);
    return Buffer.concat([Buffer.from(head('POST', '', `Content-Length: ${body.length}\r\n${more}`)), body]);
  };
  const numbered = (n: number): Buffer => Buffer.alloc(16, n);

  it('answers requests that come one behind the other in their order, from memory and by signature', async () => {
    await post(numbered(0x11));
    await get(numbered(0x12));
    const requests = [
      posted(numbered(0x11)),
      posted(numbered(0x13)),
      Buffer.from(head('GET', `/${path(numbered(0x12))}`)),
      posted(numbered(0x11)),
      posted(numbered(0x14)),
      posted(numbered(0x11)),
    ];
    const { text, closed } = await raw([Buffer.concat(requests)], requests.length);
    expect(serialsOf(text)).toEqual(['11', '13', '12', '11', '14', '11']);
    expect(closed).toBe(false);
    expect(text.match(/\r\nkeep-alive: timeout=75\r\n/gi)).toHaveLength(requests.length);
    expect(text.match(/\r\ndate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} /gi)).toHaveLength(requests.length);
  });

  it('reads a body in pieces, in chunks, and after Expect', async () => {
    await post();
    const body = requestFor(ca, serial);
    const [start, stop] = [body.subarray(0, 20), body.subarray(20)];
    const length = `Content-Length: ${body.length}\r\n`;
    const chunk = (of: Buffer) =>
      Buffer.concat([Buffer.from(`${of.length.toString(16)}\r\n`), of, Buffer.from('\r\n')]);
    const chunked = [
      head('POST', '', 'Transfer-Encoding: chunked\r\n'),
      chunk(start),
      chunk(stop),
      '0\r\n\r\n',
    ];
    expect(serialsOf((await raw([head('POST', '', length), start, stop], 1)).text)).toEqual(['42']);
    expect(serialsOf((await raw(chunked, 1)).text)).toEqual(['42']);
    const expecting = await raw([head('POST', '', `${length}Expect: 100-continue\r\n`), body], 1);
    expect(expecting.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    const long = Buffer.alloc(20_000, 0x30);
    const refused = await raw(
      [head('POST', '', `Content-Length: ${long.length}\r\n`), long, posted(serial)],
      2,
    );
    expect(serialsOf(refused.text)).toEqual(['malformedRequest', '42']);
    expect(serialsOf((await raw([posted(Buffer.alloc(0)), posted(serial)], 2)).text)).toHaveLength(2);
  });

  it('closes the connection of who asks for that', async () => {
    await post();
    const closing = await raw([posted(serial, 'Connection: close\r\n')], 9);
    expect([serialsOf(closing.text), closing.closed]).toEqual([['42'], true]);
    expect(closing.text).toMatch(/\r\nconnection: close\r\n/i);
    const old = posted(serial).toString('latin1').replace('HTTP/1.1', 'HTTP/1.0');
    const older = await raw([Buffer.from(old, 'latin1')], 9);
    expect([serialsOf(older.text), older.closed]).toEqual([['42'], true]);
  });

  it('outlives a client that leaves in the middle', async () => {
    await post();
    for (const piece of [head('POST', '', 'Content-Length: 500\r\n'), `POST ${new URL(url).pathname}`]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
    }
    expect(await statusOf(await post())).toBe('good');
  });
});
