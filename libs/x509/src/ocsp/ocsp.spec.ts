import 'reflect-metadata';
import { generateKeyPairSync, sign } from 'node:crypto';
import * as pkijs from 'pkijs';
import { parseCertificate } from '../certificate/parse-certificate.js';
import { crlReasons } from '../crl/crl-reason.js';
import { derOctetString, derOid, derSequence, derUnsignedInteger, oid } from '../der/index.js';
import { testAuthority } from '../testing/test-authority.js';
import { type CertIdHash, certIdDer } from './cert-id.js';
import { createOcspRequest } from './create-ocsp-request.js';
import { OcspError } from './ocsp-error.js';
import {
  assembleOcspResponse,
  type OcspResponseSpec,
  ocspErrorResponse,
  ocspErrors,
  ocspResponseTbs,
} from './ocsp-response-writer.js';
import { mostCertIds, parseOcspRequest } from './parse-ocsp-request.js';
import { parseOcspResponse } from './parse-ocsp-response.js';

const authority = testAuthority('P-256');
const issuer = parseCertificate(authority.intermediateDer);
const serial = Buffer.from('8123456789abcdef', 'hex');
const now = Date.UTC(2026, 10, 1, 12);
const hashes: readonly CertIdHash[] = ['sha1', 'sha256'];

describe('an OCSP request', () => {
  it.each(hashes)('with %s is read as it was written, and pkijs writes the same names', async (hash) => {
    const der = createOcspRequest([certIdDer(issuer, serial, hash)], Buffer.alloc(32, 5));
    const { certIds, nonce } = parseOcspRequest(der);
    expect(certIds).toHaveLength(1);
    expect(certIds[0]).toMatchObject({ hash, serial: Buffer.from('008123456789abcdef', 'hex') });
    expect(nonce).toEqual(Buffer.alloc(32, 5));
    const theirs = pkijs.OCSPRequest.fromBER(Uint8Array.from(der).buffer).tbsRequest.requestList[0]?.reqCert;
    const certificate = pkijs.Certificate.fromBER(Uint8Array.from(authority.intermediateDer).buffer);
    const expected = new pkijs.CertID();
    await expected.createForCertificate(certificate, {
      hashAlgorithm: hash === 'sha1' ? 'SHA-1' : 'SHA-256',
      issuerCertificate: certificate,
    });
    expect(theirs?.issuerNameHash.isEqual(expected.issuerNameHash)).toBe(true);
    expect(theirs?.issuerKeyHash.isEqual(expected.issuerKeyHash)).toBe(true);
  });

  it('may ask for several certificates, up to a bound', () => {
    const ask = (count: number) =>
      createOcspRequest(Array.from({ length: count }, (_, i) => certIdDer(issuer, Buffer.from([i + 1]))));
    expect(parseOcspRequest(ask(mostCertIds)).certIds).toHaveLength(mostCertIds);
    expect(() => parseOcspRequest(ask(mostCertIds + 1))).toThrow(OcspError);
    expect(() => parseOcspRequest(ask(0))).toThrow(/no certificate/);
  });

  it.each([
    [1, true],
    [16, true],
    [32, true],
    [128, true],
    [0, false],
    [129, false],
  ])('with a nonce of %i octets is read: %s (RFC 9654 §2.1)', (octets, isRead) => {
    const read = () =>
      parseOcspRequest(createOcspRequest([certIdDer(issuer, serial)], Buffer.alloc(octets, 1))).nonce?.length;
    if (isRead) expect(read()).toBe(octets);
    else expect(read).toThrow(OcspError);
  });

  it('with a hash that nobody answers names no issuer', () => {
    const certId = derSequence(
      derSequence(derOid(oid.sha384)),
      derOctetString(Buffer.alloc(48)),
      derOctetString(Buffer.alloc(48)),
      derUnsignedInteger(serial),
    );
    expect(parseOcspRequest(createOcspRequest([certId])).certIds[0]?.hash).toBeUndefined();
  });

  it('throws nothing but OcspError, whatever octet is changed', () => {
    const der = createOcspRequest([certIdDer(issuer, serial)], Buffer.alloc(16));
    for (let at = 0; at < der.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(der);
        changed[at] = (changed[at] ?? 0) ^ mask;
        try {
          parseOcspRequest(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(OcspError);
        }
      }
    }
  });
});

describe('an OCSP response', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const certId = certIdDer(issuer, serial);
  const times = { thisUpdate: now, nextUpdate: now + 3_600_000 };
  const spec: OcspResponseSpec = {
    responderKeyHash: Buffer.alloc(20, 3),
    producedAt: now,
    nonce: Buffer.alloc(16, 9),
    responses: [
      { certId, ...times, status: { kind: 'good' } },
      { certId, ...times, status: { kind: 'unknown' } },
      {
        certId,
        ...times,
        status: { kind: 'revoked', revokedAt: now - 1000, reason: crlReasons.keyCompromise },
      },
      {
        certId,
        ...times,
        status: { kind: 'revoked', revokedAt: now - 1000, reason: crlReasons.unspecified },
      },
    ],
  };
  const tbs = ocspResponseTbs(spec);
  const der = assembleOcspResponse(tbs, {
    algorithm: 'ecdsa-sha256',
    signature: sign('sha256', tbs, key),
    responderCertificate: authority.intermediateDer,
  });

  it('is read as it was written', () => {
    const parsed = parseOcspResponse(der);
    if (parsed.kind !== 'successful') throw new Error(parsed.kind);
    expect(Buffer.from(parsed.tbs)).toEqual(tbs);
    expect(parsed.certificates.map((each) => Buffer.from(each))).toEqual([authority.intermediateDer]);
    expect(parsed.data).toMatchObject({ producedAt: now, nonce: Buffer.alloc(16, 9) });
    expect(parsed.data.responses).toMatchObject([
      { status: 'good', ...times },
      { status: 'unknown' },
      { status: 'revoked', revokedAt: now - 1000, reason: 1 },
      { status: 'revoked', revokedAt: now - 1000, reason: undefined },
    ]);
  });

  it('is read the same by pkijs', () => {
    const theirs = pkijs.OCSPResponse.fromBER(Uint8Array.from(der).buffer);
    expect(theirs.responseStatus.valueBlock.valueDec).toBe(0);
    const basic = pkijs.BasicOCSPResponse.fromBER(
      theirs.responseBytes?.response.valueBlock.valueHexView ?? new ArrayBuffer(0),
    );
    expect(basic.tbsResponseData.responses).toHaveLength(4);
    expect(basic.tbsResponseData.producedAt.getTime()).toBe(now);
    expect(basic.certs).toHaveLength(1);
  });

  it.each(Object.entries(ocspErrors))('says %s with %i', (name, code) => {
    const error = ocspErrorResponse(name as keyof typeof ocspErrors);
    expect(parseOcspResponse(error)).toEqual({ kind: name });
    const theirs = pkijs.OCSPResponse.fromBER(Uint8Array.from(error).buffer);
    expect(theirs.responseStatus.valueBlock.valueDec).toBe(code);
  });

  it('throws nothing but OcspError, whatever octet is changed', () => {
    for (let at = 0; at < der.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(der);
        changed[at] = (changed[at] ?? 0) ^ mask;
        try {
          parseOcspResponse(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(OcspError);
        }
      }
    }
  });
});
