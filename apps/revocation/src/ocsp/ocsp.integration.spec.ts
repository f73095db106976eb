import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '#libs/errors';
import {
  type OcspStatus,
  parseCertificate,
  parseOcspResponse,
  signatureVerifies,
  verifyCertificateSignature,
} from '#libs/x509';
import { canonicalSerial } from '../serial-status/serial.js';
import { CaFixture, fixtureStart as start } from '../testing/ca-fixture.js';
import { ocspReplica, requestFor } from '../testing/ocsp-replica.js';
import type { TestCa } from '../testing/test-ca.js';
import { OcspRefresher } from './ocsp.refresher.js';

const day = 86_400_000;
const serial = Buffer.alloc(16, 0x42);

describe('OCSP responses', () => {
  let fixture: CaFixture;
  let ca: TestCa;

  beforeAll(async () => {
    fixture = await CaFixture.start();
  });
  afterAll(() => fixture?.stop());
  beforeEach(async () => {
    fixture.rewind();
    ca = await fixture.ca();
  });

  /** One replica, with what it is told of the status of every certificate. */
  function replica(
    status: () => Promise<OcspStatus>,
    options: { most?: number; mayAnswerGood?: () => boolean } = {},
  ) {
    const { clock, pool } = fixture;
    const made = ocspReplica({ pool, clock, ca, status, ...options });
    const { service, cache, metrics } = made;
    const refresher = new OcspRefresher({ service, cache, clock, metrics, firstEnd: () => undefined });
    const ask = async (number: Uint8Array = serial) =>
      read((await service.answer(ca.authority.handle, requestFor(ca, number))).der);
    return { ...made, refresher, ask };
  }

  function read(der: Buffer) {
    const parsed = parseOcspResponse(der);
    if (parsed.kind !== 'successful')
      return { status: parsed.kind, responder: '', thisUpdate: 0, nextUpdate: 0 };
    const responder = parseCertificate(parsed.certificates[0] ?? new Uint8Array());
    expect(verifyCertificateSignature(responder, ca.authority.certificate)).toBe(true);
    const signed = { message: parsed.tbs, signature: parsed.signature };
    expect(signatureVerifies(responder.spki.der, 'ecdsa-sha256', signed)).toBe(true);
    const [single] = parsed.data.responses;
    return {
      status: single?.status ?? 'none',
      responder: responder.serialHex,
      thisUpdate: single?.thisUpdate ?? 0,
      nextUpdate: single?.nextUpdate ?? 0,
    };
  }

  const good = async (): Promise<OcspStatus> => ({ kind: 'good' });
  const revoked: OcspStatus = { kind: 'revoked', revokedAt: start, reason: 1 };

  it('are signed by one responder of all replicas, also when they begin at once', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => replica(good).ask()));
    expect(new Set(answers.map(({ responder }) => responder)).size).toBe(1);
    expect(ca.responders).toBe(1);
    expect(answers[0]).toMatchObject({ status: 'good', thisUpdate: start, nextUpdate: start + day / 2 });
  });

  it('come from a new responder seven days before the old one ends, and from the old one until then', async () => {
    const { ask, responders } = replica(good);
    const first = await ask();
    fixture.clock.advance(22 * day);
    expect((await ask()).responder).toBe(first.responder);
    fixture.clock.advance(1.5 * day);
    await ask(Buffer.alloc(16, 1));
    for (let wait = 0; wait < 100 && ca.responders < 2; wait++)
      await new Promise((done) => setTimeout(done, 20));
    expect(ca.responders).toBe(2);
    // The issuer was quicker than the record of it: asked again, the new one is found and no third is made.
    await responders.of(ca.authority);
    await new Promise((done) => setTimeout(done, 100));
    const next = await replica(good).ask();
    expect(next.responder).not.toBe(first.responder);
    expect(ca.responders).toBe(2);
  });

  it('come from a new responder at once when its key is lost', async () => {
    const one = replica(good);
    const before = await one.ask();
    rmSync(join(ca.folder, 'keys', `dev-${ca.authority.handle}-ocsp-1-1.key.json`));
    const after = await one.ask(Buffer.alloc(16, 7));
    expect([before.status, after.status]).toEqual(['good', 'good']);
    expect(after.responder).not.toBe(before.responder);
    expect((await replica(good).ask()).responder).toBe(after.responder);
  });

  it('are kept until the certificate changes, and signed again without being asked', async () => {
    let status: OcspStatus = { kind: 'good' };
    let asked = 0;
    const { ask, service, cache } = replica(async () => {
      asked++;
      return status;
    });
    await ask();
    await ask();
    expect([asked, cache.size]).toEqual([1, 1]);
    status = revoked;
    service.onEntry({ ...ca.authority, serial: canonicalSerial(serial) ?? serial });
    expect((await ask()).status).toBe('revoked');
    expect(asked).toBe(2);
  });

  it('are not given any more once a revocation is announced, also while the journal cannot be read', async () => {
    let status: () => Promise<OcspStatus> = good;
    const { ask, service } = replica(() => status());
    expect((await ask()).status).toBe('good');
    status = () => Promise.reject(new DomainError('storage_unavailable', 'away'));
    expect((await ask()).status).toBe('good');
    service.onAnnounced({ ...ca.authority, serial: canonicalSerial(serial) ?? serial });
    expect((await ask()).status).toBe('tryLater');
    status = async () => revoked;
    expect((await ask()).status).toBe('revoked');
  });

  it('never say what was read before a revocation was heard of', async () => {
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let status: OcspStatus = { kind: 'good' };
    let first = true;
    const { ask, service } = replica(async () => {
      const seen = status;
      if (first) {
        first = false;
        await gate;
      }
      return seen;
    });
    const answer = ask();
    await new Promise((done) => setTimeout(done, 50));
    status = revoked;
    service.onEntry({ ...ca.authority, serial: canonicalSerial(serial) ?? serial });
    release?.();
    expect((await answer).status).toBe('revoked');
    expect((await ask()).status).toBe('revoked');
  });

  it('are signed again at the half of their time when they are asked for, and forgotten otherwise', async () => {
    const { ask, refresher, cache } = replica(good);
    await ask();
    fixture.clock.advance(day / 4 + 1000);
    await ask();
    await refresher.round();
    expect(await ask()).toMatchObject({ thisUpdate: start + day / 4 + 1000 });
    await refresher.round();
    fixture.clock.advance(day);
    const [entry] = cache.entries();
    if (entry) entry.wanted = false;
    await refresher.round();
    expect(cache.size).toBe(0);
  });

  it('do not take more memory than they may', async () => {
    const { ask, cache } = replica(good, { most: 10 });
    for (let n = 1; n <= 50; n++) await ask(Buffer.alloc(16, n));
    expect(cache.size).toBeLessThanOrEqual(10);
  });

  it('are never good while it is not known what the journal lacks', async () => {
    let trusted = true;
    let status: OcspStatus = { kind: 'good' };
    const { ask } = replica(async () => status, { mayAnswerGood: () => trusted });
    expect((await ask()).status).toBe('good');
    trusted = false;
    expect((await ask()).status).toBe('tryLater');
    status = revoked;
    expect((await ask()).status).toBe('revoked');
  });

  it('are tryLater for what cannot be known now, and internalError for what should not happen', async () => {
    const away = new DomainError('storage_unavailable', 'away');
    expect((await replica(() => Promise.reject(away)).ask()).status).toBe('tryLater');
    expect((await replica(() => Promise.reject(new Error('a fault'))).ask()).status).toBe('internalError');
  });
});
