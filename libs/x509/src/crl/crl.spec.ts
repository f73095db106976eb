import { generateKeyPairSync, sign } from 'node:crypto';
import 'reflect-metadata';
import * as pkijs from 'pkijs';
import { assembleCertificate } from '../certificate/assemble-certificate.js';
import { DerError, DerSlice } from '../der/index.js';
import { nameDer } from '../name/name-writer.js';
import { signatureAlgorithmDer } from '../signature/signature-algorithm.js';
import { CrlEntries, type CrlEntry } from './crl-entries.js';
import { type CrlEntryView, forEachCrlEntry } from './crl-entry-reader.js';
import { CrlError } from './crl-error.js';
import { type CrlReason, crlReasons } from './crl-reason.js';
import { type CrlSpec, draftCrl } from './crl-writer.js';
import { parseCrl } from './parse-crl.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const now = Date.UTC(2026, 10, 1, 12);
const url = 'http://pki.example/x.crl';

function crl(entries: readonly CrlEntry[], more: Partial<CrlSpec> = {}): Buffer {
  const list = new CrlEntries();
  for (const entry of entries) list.add(entry);
  const draft = draftCrl({
    issuer: nameDer({ commonName: 'CA' }),
    issuerKeyIdentifier: Buffer.alloc(20, 7),
    ...{
      signatureAlgorithm: 'ecdsa-sha256' as const,
      number: 1795376974856n,
      thisUpdate: now,
      nextUpdate: now + 86_400_000,
    },
    entries: list,
    ...more,
  });
  return draft.signed(sign('sha256', draft.tbs, privateKey));
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

  it('is signed where it lies, whatever the length of its signature', () => {
    const list = new CrlEntries();
    for (const entry of revoked) list.add(entry);
    const spec = {
      issuer: nameDer({ commonName: 'CA' }),
      issuerKeyIdentifier: Buffer.alloc(20, 7),
      number: 1n,
    };
    const times = { thisUpdate: now, nextUpdate: now + 86_400_000 };
    for (const signatureAlgorithm of ['ecdsa-sha256', 'rsa-sha256'] as const) {
      for (const length of [1, 70, 127, 128, 256, 1024]) {
        const draft = draftCrl({ ...spec, ...times, signatureAlgorithm, entries: list });
        const tbs = Buffer.from(draft.tbs);
        const signature = Buffer.alloc(length, 0x5a);
        const der = draft.signed(signature);
        expect(der).toEqual(assembleCertificate(tbs, signatureAlgorithmDer(signatureAlgorithm), signature));
        expect(draft.tbs).toEqual(tbs);
      }
    }
    const draft = draftCrl({ ...spec, ...times, signatureAlgorithm: 'ecdsa-sha256', entries: list });
    expect(() => draft.signed(Buffer.alloc(1025))).toThrow(RangeError);
  });

  it('shows every entry the same, usual or not, whatever comes before it', () => {
    const reasons = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10] as CrlReason[];
    const dates = [now, Date.UTC(1999, 11, 31), Date.UTC(2049, 11, 31), Date.UTC(2050, 0, 1)];
    const serials = ['01', '7f', '80', '0102', '8001', '00ff01', 'ab'.repeat(16), '7f'.repeat(20)];
    const all: CrlEntry[] = [];
    for (let i = 0; i < 4_000; i++) {
      const pick = <T>(of: readonly T[], by: number): T => of[Math.floor(i / by) % of.length] as T;
      all.push({
        serial: Buffer.from(pick(serials, 1), 'hex'),
        revokedAt: pick(dates, 3),
        reason: pick(reasons, 2),
        ...(i % 7 < 2 && { invalidityDate: now - 1000 * (i % 3) }),
      });
    }
    const found = read(crl(all));
    expect(found).toHaveLength(all.length);
    // By itself each is the first of its CRL.
    const alone = new Map<string, unknown>();
    for (const [i, entry] of all.entries()) {
      const key = JSON.stringify(entry);
      if (!alone.has(key)) alone.set(key, { ...read(crl([entry]))[0], serialStart: 0, serialStop: 0 });
      if (i < 700) expect({ ...found[i], serialStart: 0, serialStop: 0 }).toEqual(alone.get(key));
    }
    expect(found.map(({ reason }) => reason ?? 0)).toEqual(all.map(({ reason }) => reason));
    expect(found.map(({ invalidityDate }) => invalidityDate)).toEqual(all.map((each) => each.invalidityDate));
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
    const octets = (of: CrlEntries): Buffer => {
      const out = Buffer.alloc(of.length);
      of.writeTo(out, 0);
      return out;
    };
    const before = octets(entries);
    const copy = entries.copy();
    for (let i = 0; i < 100; i++) for (const entry of revoked) copy.add(entry);
    expect([entries.count, copy.count]).toEqual([4, 404]);
    expect(octets(entries)).toEqual(before);
    expect(octets(copy)).toEqual(Buffer.concat(Array.from({ length: 101 }, () => before)));
    const twin = copy.copy();
    copy.add({ serial: Buffer.alloc(16, 1), revokedAt: now, reason: crlReasons.superseded });
    twin.add({ serial: Buffer.alloc(16, 2), revokedAt: now, reason: crlReasons.keyCompromise });
    expect(octets(twin).subarray(0, octets(copy).length)).not.toEqual(octets(copy));
    expect(octets(twin).subarray(0, 101 * before.length)).toEqual(
      octets(copy).subarray(0, 101 * before.length),
    );
  });

  it('has the time of each entry, in whatever order they come, across days and years', () => {
    const times = [now, now - 1, now + 999, Date.UTC(2049, 11, 31, 23, 59, 59), Date.UTC(2050, 0, 1), now];
    for (let i = 0; i < 5_000; i++) times.push(Date.UTC(1950, 0, 1) + i * 12_345_678_901 * (i % 17));
    const serials = Buffer.alloc(times.length * 16, 0x42);
    const octets = new DataView(serials.buffer, serials.byteOffset, serials.byteLength);
    const list = new CrlEntries();
    const within = times.filter((at) => at < Date.UTC(9999, 0));
    for (const [i, revokedAt] of within.entries()) {
      serials.writeUInt32BE(i + 1, 16 * i + 4);
      list.addSpan(
        { octets, start: 16 * i + 4, stop: 16 * i + 16 },
        { revokedAt, reason: crlReasons.unspecified },
      );
    }
    const found = read(crl([], { entries: list }));
    expect(found.map(({ revokedAt }) => revokedAt)).toEqual(within.map((at) => Math.floor(at / 1000) * 1000));
    expect(found.map(({ generalized }) => generalized)).toEqual(within.map((at) => at >= Date.UTC(2050, 0)));
    expect(found[99]?.serial).toBe(`64${'42'.repeat(8)}`);
  });

  it('shows no entry that is not strict DER, also where it looks usual', () => {
    const usual = crl(revoked.slice(0, 2).concat(revoked[1] ?? []));
    const { entries } = parseCrl(usual).fields;
    const { bytes, start, stop } = entries ?? new DerSlice(usual, 0, 0);
    const shown = (list: Uint8Array): string[] | undefined => {
      const found: string[] = [];
      try {
        forEachCrlEntry(
          new DerSlice(list, 0, list.length),
          ({ serialStart, serialStop, revokedAt, reason }) =>
            found.push(
              `${Buffer.from(list.subarray(serialStart, serialStop)).toString('hex')} ${revokedAt} ${reason}`,
            ),
        );
      } catch (error) {
        expect(error).toBeInstanceOf(DerError);
        return undefined;
      }
      return found;
    };
    const list = Uint8Array.from(bytes.subarray(start, stop));
    const right = shown(list);
    expect(right).toHaveLength(3);
    let isNoticed = true;
    for (let at = 0; at < list.length; at++) {
      expect(shown(list.subarray(0, list.length - 1 - (at % 8)))).toBeUndefined();
      for (let mask = 1; mask < 256; mask <<= 1) {
        const changed = Uint8Array.from(list);
        changed[at] = (changed[at] ?? 0) ^ mask;
        isNoticed &&= shown(changed)?.join() !== right?.join();
      }
    }
    expect(isNoticed).toBe(true);
    // Longer than its shortest form, positive and negative; without a value; too long for what holds it.
    for (const wrong of ['300402020001', '30040202ff80', '30020200', '300402030101', '3004020a0101']) {
      expect(shown(Buffer.concat([Buffer.from(wrong, 'hex'), list]))).toBeUndefined();
    }
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
