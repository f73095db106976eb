import {
  crlReasons,
  derOctetString,
  derOid,
  derSequence,
  derUnsignedInteger,
  type OcspResponseSpec,
  ocspResponseTbs,
  oid,
  type SingleResponse,
} from '#libs/x509';
import { lintOcspResponse, ocspLints } from './lint-ocsp-response.js';

const now = Date.UTC(2026, 10, 1);
const certId = (octets = 20, algorithm: string = oid.sha1): Buffer =>
  derSequence(
    derSequence(derOid(algorithm)),
    derOctetString(Buffer.alloc(octets)),
    derOctetString(Buffer.alloc(octets)),
    derUnsignedInteger(Buffer.from([1])),
  );
const single = (parts: Partial<SingleResponse> = {}): SingleResponse => ({
  certId: certId(),
  status: { kind: 'good' },
  thisUpdate: now,
  nextUpdate: now + 1000,
  ...parts,
});
const revoked = (reason: number, revokedAt = now): Partial<SingleResponse> => ({
  status: { kind: 'revoked', revokedAt, reason: reason as typeof crlReasons.keyCompromise },
});

type Parts = Partial<OcspResponseSpec>;
const one = (parts: Partial<SingleResponse>): Parts => ({ responses: [single(parts)] });

/** Boundary data of every lint: what is just right, and what is not. */
const cases: Record<string, { right: Parts[]; wrong: [Parts, RegExp][] }> = {
  'ocsp-cert-id-hash': {
    right: [{}, one({ certId: certId(32, oid.sha256) }), one({ certId: certId(7, oid.sha384) })],
    wrong: [
      [one({ certId: certId(32) }), /length/],
      [one({ certId: certId(20, oid.sha256) }), /length/],
    ],
  },
  'ocsp-extensions': { right: [{ nonce: Buffer.alloc(32) }], wrong: [] },
  'ocsp-next-update': { right: [{}], wrong: [[one({ nextUpdate: now }), /not after/]] },
  'ocsp-nonce': {
    right: [{ nonce: Buffer.alloc(1) }, { nonce: Buffer.alloc(128) }],
    wrong: [
      [{ nonce: Buffer.alloc(0) }, /0 octets/],
      [{ nonce: Buffer.alloc(129) }, /129 octets/],
    ],
  },
  'ocsp-produced-at': { right: [{}], wrong: [[{ producedAt: now - 1000 }, /after producedAt/]] },
  'ocsp-reason': {
    right: [one(revoked(1)), one(revoked(0)), one(revoked(10))],
    wrong: [
      [one(revoked(7)), /7 is no reason/],
      [one(revoked(8)), /8 is no reason/],
      [one(revoked(11)), /11/],
    ],
  },
  'ocsp-responder-id': { right: [{}], wrong: [[{ responderKeyHash: Buffer.alloc(32) }, /SHA-1/]] },
  'ocsp-responses-not-empty': { right: [{}], wrong: [[{ responses: [] }, /no response/]] },
  'ocsp-revocation-time': { right: [one(revoked(1))], wrong: [[one(revoked(1, now + 1000)), /after/]] },
};

function response(parts: Parts): Buffer {
  return ocspResponseTbs({
    responderKeyHash: Buffer.alloc(20),
    producedAt: now,
    responses: [single()],
    ...parts,
  });
}

describe('every OCSP lint', () => {
  it('has a name of its own, a clause, and data', () => {
    expect(new Set(ocspLints.map(({ name }) => name)).size).toBe(ocspLints.length);
    expect(Object.keys(cases).sort()).toEqual(ocspLints.map(({ name }) => name).sort());
    for (const { citation } of ocspLints) expect(citation).toMatch(/^RFC \d{4} §\d+(?:\.\d+)*$/);
  });

  it.each(Object.entries(cases))('%s judges its boundaries', (name, { right, wrong }) => {
    const found = (parts: Parts) =>
      lintOcspResponse(response(parts)).find(({ lint }) => lint === name)?.message;
    for (const parts of right) expect(lintOcspResponse(response(parts))).toEqual([]);
    for (const [parts, finding] of wrong) expect(found(parts)).toMatch(finding);
  });

  it('finds extensions that are critical or there twice', () => {
    const nonce = { oid: oid.ocspNonce, critical: false, value: undefined };
    const lint = ocspLints.find(({ name }) => name === 'ocsp-extensions');
    const check = (extensions: unknown[]) => lint?.check({ extensions } as never);
    expect(check([nonce, nonce])).toMatch(/twice/);
    expect(check([{ ...nonce, critical: true }])).toMatch(/critical/);
  });
});

describe('lintOcspResponse', () => {
  it('throws nothing, whatever octet is changed', () => {
    const tbs = response({ nonce: Buffer.alloc(16), ...one(revoked(1)) });
    for (let at = 0; at < tbs.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(tbs);
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(Array.isArray(lintOcspResponse(changed))).toBe(true);
      }
    }
  });
});
