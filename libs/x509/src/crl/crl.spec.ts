import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import 'reflect-metadata';
import * as pkijs from 'pkijs';
import { assembleCertificate } from '../certificate/assemble-certificate.js';
import { nameDer } from '../name/name-writer.js';
import { signatureAlgorithmDer } from '../signature/signature-algorithm.js';
import { CrlEntries, type CrlEntry } from './crl-entries.js';
import { CrlError } from './crl-error.js';
import { crlReasons } from './crl-reason.js';
import { type CrlSpec, crlTbs } from './crl-writer.js';
import { type CrlEntryView, forEachCrlEntry, parseCrl } from './parse-crl.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const now = Date.UTC(2026, 10, 1, 12);
const url = 'http://pki.example/x.crl';

function crl(entries: readonly CrlEntry[], more: Partial<CrlSpec> = {}): Buffer {
  const list = new CrlEntries();
  for (const entry of entries) list.add(entry);
  const signatureAlgorithm = 'ecdsa-sha256';
  const tbs = crlTbs({
    issuer: nameDer({ commonName: 'CA' }),
    issuerKeyIdentifier: Buffer.alloc(20, 7),
    ...{ signatureAlgorithm, number: 1795376974856n, thisUpdate: now, nextUpdate: now + 86_400_000 },
    entries: list,
    ...more,
  });
  return assembleCertificate(tbs, signatureAlgorithmDer(signatureAlgorithm), sign('sha256', tbs, privateKey));
}

function read(der: Buffer): (CrlEntryView & { serial: string })[] {
  const { entries } = parseCrl(der).fields;
  const found: (CrlEntryView & { serial: string })[] = [];
  if (entries === undefined) return found;
  forEachCrlEntry(entries, (entry) => {
    const serial = Buffer.from(der.subarray(entry.serialStart, entry.serialStop)).toString('hex');
    found.push({ ...entry, serial });
  });
  return found;
}

const revoked: readonly CrlEntry[] = [
  { serial: Buffer.from('00000001', 'hex'), revokedAt: now, reason: crlReasons.unspecified },
  { serial: Buffer.from('80', 'hex'), revokedAt: now - 1000, reason: crlReasons.keyCompromise },
  {
    serial: Buffer.alloc(16, 0x7f),
    revokedAt: Date.UTC(2051, 0, 1),
    reason: crlReasons.certificateHold,
    invalidityDate: now - 5000,
  },
  { serial: Buffer.alloc(20, 1), revokedAt: now, reason: crlReasons.unspecified, invalidityDate: now - 9000 },
];

describe('a CRL', () => {
  it('is read as it was written', () => {
    const parsed = parseCrl(crl(revoked));
    expect(parsed).toMatchObject({ number: 1795376974856n, base: undefined });
    expect(parsed.fields).toMatchObject({
      version: 1,
      thisUpdate: { at: now },
      nextUpdate: { at: now + 86_400_000 },
    });
    expect(read(crl(revoked))).toMatchObject([
      { serial: '01', revokedAt: now, reason: undefined, invalidityDate: undefined, generalized: false },
      { serial: '0080', revokedAt: now - 1000, reason: 1, invalidityDate: undefined },
      { serial: '7f'.repeat(16), generalized: true, reason: 6, invalidityDate: now - 5000 },
      { serial: '01'.repeat(20), reason: undefined, invalidityDate: now - 9000 },
    ]);
  });

  it('is read the same by pkijs', () => {
    const delta = crl(revoked, { base: 12n, shardUrl: url });
    for (const der of [crl([]), crl(revoked), crl(revoked, { freshestUrl: url, shardUrl: url }), delta]) {
      const theirs = pkijs.CertificateRevocationList.fromBER(Uint8Array.from(der).buffer);
      const serials = (theirs.revokedCertificates ?? []).map(({ userCertificate }) =>
        Buffer.from(userCertificate.valueBlock.valueHexView).toString('hex'),
      );
      expect(serials).toEqual(read(der).map(({ serial }) => serial));
      expect(theirs.thisUpdate.value.getTime()).toBe(now);
      const types = theirs.crlExtensions?.extensions.map(({ extnID }) => extnID);
      expect(types?.slice(0, 2)).toEqual(['2.5.29.35', '2.5.29.20']);
    }
    const critical = pkijs.CertificateRevocationList.fromBER(Uint8Array.from(delta).buffer);
    expect(
      critical.crlExtensions?.extensions.filter((each) => each.critical).map(({ extnID }) => extnID),
    ).toEqual(['2.5.29.27', '2.5.29.28']);
    expect(parseCrl(delta).base).toBe(12n);
  });

  it('has no list without a revoked certificate', () => {
    expect(parseCrl(crl([])).fields.entries).toBeUndefined();
  });

  it('cannot be a delta CRL that names one', () => {
    expect(() => crl([], { base: 1n, freshestUrl: url })).toThrow(RangeError);
  });

  it('takes no serial number above 20 octets', () => {
    const entry = { revokedAt: now, reason: crlReasons.unspecified };
    expect(() => crl([{ ...entry, serial: Buffer.alloc(21, 1) }])).toThrow(RangeError);
    expect(() => crl([{ ...entry, serial: Buffer.alloc(0) }])).toThrow(RangeError);
    expect(
      read(crl([{ ...entry, serial: Buffer.concat([Buffer.alloc(9), Buffer.alloc(20, 1)]) }])),
    ).toHaveLength(1);
  });

  it('leaves entries as they were when a copy grows', () => {
    const entries = new CrlEntries();
    for (const entry of revoked) entries.add(entry);
    const before = createHash('sha256').update(entries.octets).digest('hex');
    const copy = entries.copy();
    for (let i = 0; i < 100; i++) for (const entry of revoked) copy.add(entry);
    expect([entries.count, copy.count]).toEqual([4, 404]);
    expect(createHash('sha256').update(entries.octets).digest('hex')).toBe(before);
  });

  it('throws nothing but CrlError, whatever octet is changed', () => {
    const der = crl(revoked, { freshestUrl: url });
    let refused = 0;
    for (let at = 0; at < der.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(der);
        changed[at] = (changed[at] ?? 0) ^ mask;
        try {
          parseCrl(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(CrlError);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('of half a million entries is longer than three octets of length can say, and is read', () => {
    const list = new CrlEntries();
    const serial = Buffer.alloc(16, 0x55);
    for (let i = 0; i < 500_000; i++) {
      serial.writeUInt32BE(i, 4);
      list.add({ serial, revokedAt: now, reason: crlReasons.keyCompromise });
    }
    const der = crl([], { entries: list });
    expect(der.length).toBeGreaterThan(2 ** 24);
    let count = 0;
    const { entries } = parseCrl(der).fields;
    if (entries) forEachCrlEntry(entries, () => count++);
    expect(count).toBe(500_000);
  }, 60_000);
});
