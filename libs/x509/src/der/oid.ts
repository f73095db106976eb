import { DerError } from './der-error.js';
import { tag } from './der-tag.js';
import { der } from './der-writer.js';

/** Object identifiers by the names that their RFCs give them. */
export const oid = {
  // RFC 5280 §4.1.2.4 and RFC 4519
  commonName: '2.5.4.3',
  organizationName: '2.5.4.10',
  // RFC 5280 §4.2.1
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  cRLReason: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCRLIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  freshestCRL: '2.5.29.46',
  // RFC 9608 §2
  noRevAvail: '2.5.29.56',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  ocsp: '1.3.6.1.5.5.7.48.1',
  // RFC 6960 §4.2.1, §4.4.1 and §4.2.2.2.1
  ocspBasic: '1.3.6.1.5.5.7.48.1.1',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  caIssuers: '1.3.6.1.5.5.7.48.2',
  // RFC 2985 §5.4
  extensionRequest: '1.2.840.113549.1.9.14',
  microsoftCertExtensions: '1.3.6.1.4.1.311.2.1.14',
  // RFC 3279, 5480, 8410
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsassaPss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
  ecPublicKey: '1.2.840.10045.2.1',
  secp256r1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  secp521r1: '1.3.132.0.35',
  ed25519: '1.3.101.112',
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  sha256WithRsaEncryption: '1.2.840.113549.1.1.11',
  sha384WithRsaEncryption: '1.2.840.113549.1.1.12',
  sha512WithRsaEncryption: '1.2.840.113549.1.1.13',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
} as const;

/** An OBJECT IDENTIFIER element of a dotted identifier (X.690 §8.19). */
export function derOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left % 128) | 0x80);
    }
    octets.push(...groups);
  }
  return der(tag.objectIdentifier, Buffer.from(octets));
}

/**
 * Checks the content of an OBJECT IDENTIFIER: not empty, not cut off, every arc in its shortest form (X.690 §8.19.2).
 *
 * @throws DerError
 */
export function checkOid(bytes: Uint8Array, start: number, stop: number): void {
  let atArcStart = true;
  for (let i = start; i < stop; i++) {
    const value = bytes[i] as number;
    if (atArcStart && value === 0x80) throw new DerError('an object identifier is not in its shortest form');
    atArcStart = value < 0x80;
  }
  if (start >= stop || !atArcStart) throw new DerError('an object identifier is empty or cut off');
}

/** The identifiers above by a cheap mix of their content, since dotted texts are dear to make. */
const known: ({ readonly content: Uint8Array; readonly dotted: string } | undefined)[] = new Array(256);
for (const dotted of Object.values(oid)) {
  const content = derOid(dotted).subarray(2);
  known[slotOf(content, 0, content.length)] = { content, dotted };
}

function slotOf(bytes: Uint8Array, start: number, stop: number): number {
  return ((stop - start) * 29 + (bytes[stop - 1] ?? 0) * 7 + (bytes[stop - 2] ?? 0)) & 0xff;
}

function knownOid(bytes: Uint8Array, start: number, stop: number): string | undefined {
  const candidate = known[slotOf(bytes, start, stop)];
  if (candidate === undefined || candidate.content.length !== stop - start) return undefined;
  const { content } = candidate;
  for (let i = content.length - 1; i >= 0; i--) if (bytes[start + i] !== content[i]) return undefined;
  return candidate.dotted;
}

/**
 * The dotted form of an OBJECT IDENTIFIER's content.
 *
 * @throws DerError as {@link checkOid} does
 */
export function oidOfContent(bytes: Uint8Array, start: number, stop: number): string {
  const dotted = knownOid(bytes, start, stop);
  if (dotted !== undefined) return dotted;
  checkOid(bytes, start, stop);
  const arcs: bigint[] = [];
  let arc = 0n;
  for (let i = start; i < stop; i++) {
    const value = bytes[i] as number;
    arc = (arc << 7n) | BigInt(value & 0x7f);
    if (value < 0x80) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const first = arcs[0] ?? 0n;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...arcs.slice(1)].join('.');
}
