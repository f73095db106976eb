import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  constructedContextTag,
  contextTag,
  der,
  derBoolean,
  derIa5String,
  derNamedBits,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derTime,
  derUnsignedInteger,
  derUtf8String,
  oid,
  tag,
} from '#libs/x509';
import type { CertificateKind } from '../lint.js';

/** One extension of a test certificate. */
export interface TestExtension {
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

/** The parts of a to-be-signed certificate that a test may replace; each a whole element, and maybe malformed. */
export interface TbsParts {
  version?: Uint8Array;
  serial?: Uint8Array;
  signatureAlgorithm?: Uint8Array;
  issuer?: Uint8Array;
  notBefore?: Uint8Array;
  notAfter?: Uint8Array;
  subject?: Uint8Array;
  spki?: Uint8Array;
  uniqueId?: Uint8Array;
  /** By type, on top of those of the kind; `undefined` takes one away. */
  extensions?: Readonly<Record<string, TestExtension | undefined>>;
  /** Whole Extension elements at the end. */
  more?: readonly Uint8Array[];
}

const start = Date.UTC(2026, 0, 1);
const rootName = nameOf('Root');
const intermediateName = nameOf('Intermediate');
const keyIdentifier = createHash('sha256').update('key').digest().subarray(0, 20);

/** Public keys of every kind, by name. */
export const spkis = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    type: 'spki',
    format: 'der',
  }),
  Ed25519: generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }),
  // Whether an RSA key is strong is not a lint's to ask: any two numbers do.
  RSA: derSequence(
    derSequence(derOid(oid.rsaEncryption), derNull()),
    der(
      tag.bitString,
      Buffer.from([0]),
      derSequence(derUnsignedInteger(Buffer.alloc(256, 0xcd)), derUnsignedInteger(Buffer.from([1, 0, 1]))),
    ),
  ),
} as const;

/** A Name of one common name, as UTF8String or as `type` says. */
export function nameOf(commonName: string, type: number = tag.utf8String): Buffer {
  return nameWith(oid.commonName, der(type, Buffer.from(commonName, 'utf8')));
}

export function nameWith(attributeType: string, value: Uint8Array): Buffer {
  return derSequence(der(tag.set, derSequence(derOid(attributeType), value)));
}

export const keyUsage = (...bits: readonly number[]): TestExtension => ({
  critical: true,
  value: derNamedBits(bits),
});
export const names = (...list: readonly Uint8Array[]): TestExtension => ({ value: derSequence(...list) });
export const dns = (text: string): Buffer => derIa5String(text, contextTag(2));
export const uri = (text: string): Buffer => derIa5String(text, contextTag(6));

export const basicConstraints = (ca: boolean, pathLength?: number): TestExtension => ({
  critical: true,
  value: derSequence(
    ...(ca ? [derBoolean(true)] : []),
    ...(pathLength === undefined ? [] : [derUnsignedInteger(Buffer.from([pathLength]))]),
  ),
});

export const distributionPoint = (...parts: readonly Uint8Array[]): TestExtension => ({
  value: derSequence(derSequence(...parts)),
});
export const fullName = (...urls: readonly string[]): Buffer =>
  der(constructedContextTag(0), der(constructedContextTag(0), ...urls.map(uri)));
export const access = (method: string, url: string): Buffer => derSequence(derOid(method), uri(url));

const issuedExtensions = {
  [oid.authorityKeyIdentifier]: { value: derSequence(der(contextTag(0), keyIdentifier)) },
  [oid.crlDistributionPoints]: distributionPoint(fullName('http://pki.example/x.crl')),
};
const extensionsOf: Record<CertificateKind, Readonly<Record<string, TestExtension>>> = {
  leaf: {
    ...issuedExtensions,
    [oid.basicConstraints]: basicConstraints(false),
    [oid.keyUsage]: keyUsage(0),
    [oid.extKeyUsage]: { value: derSequence(derOid(oid.serverAuth), derOid(oid.clientAuth)) },
    [oid.authorityInfoAccess]: {
      value: derSequence(
        access(oid.ocsp, 'http://pki.example/ocsp'),
        access(oid.caIssuers, 'http://pki.example/x.der'),
      ),
    },
    [oid.subjectKeyIdentifier]: { value: derOctetString(keyIdentifier) },
    [oid.subjectAltName]: names(dns('a.example')),
  },
  intermediate: {
    ...issuedExtensions,
    [oid.basicConstraints]: basicConstraints(true, 0),
    [oid.keyUsage]: keyUsage(5, 6),
    [oid.authorityInfoAccess]: { value: derSequence(access(oid.caIssuers, 'http://pki.example/x.der')) },
    [oid.subjectKeyIdentifier]: { value: derOctetString(keyIdentifier) },
  },
  root: {
    [oid.basicConstraints]: basicConstraints(true),
    [oid.keyUsage]: keyUsage(5, 6),
    [oid.subjectKeyIdentifier]: { value: derOctetString(keyIdentifier) },
  },
  'ocsp-responder': {
    [oid.authorityKeyIdentifier]: issuedExtensions[oid.authorityKeyIdentifier],
    [oid.basicConstraints]: basicConstraints(false),
    [oid.keyUsage]: keyUsage(0),
    [oid.extKeyUsage]: { value: derSequence(derOid(oid.ocspSigning)) },
    [oid.subjectKeyIdentifier]: { value: derOctetString(keyIdentifier) },
    [oid.ocspNoCheck]: { value: derNull() },
  },
};

/** A to-be-signed certificate that breaks no clause, but for the given parts. */
export function buildTbs(kind: CertificateKind, parts: TbsParts = {}): Buffer {
  const extensions = Object.entries({ ...extensionsOf[kind], ...parts.extensions }).flatMap(
    ([type, extension]) => (extension === undefined ? [] : [extensionOf(type, extension)]),
  );
  const defaults = {
    leaf: { issuer: intermediateName, subject: nameOf('leaf.example') },
    intermediate: { issuer: rootName, subject: intermediateName },
    root: { issuer: rootName, subject: rootName },
    'ocsp-responder': { issuer: intermediateName, subject: nameOf('responder') },
  }[kind];
  return derSequence(
    parts.version ?? der(constructedContextTag(0), derUnsignedInteger(Buffer.from([2]))),
    parts.serial ?? derUnsignedInteger(Buffer.alloc(16, 0x5a)),
    parts.signatureAlgorithm ?? derSequence(derOid(oid.ecdsaWithSha256)),
    parts.issuer ?? defaults.issuer,
    derSequence(parts.notBefore ?? derTime(start), parts.notAfter ?? derTime(start + 86_400_000)),
    parts.subject ?? defaults.subject,
    parts.spki ?? spkis['P-256'],
    ...(parts.uniqueId === undefined ? [] : [parts.uniqueId]),
    der(constructedContextTag(3), derSequence(...extensions, ...(parts.more ?? []))),
  );
}

export function extensionOf(type: string, { critical, value }: TestExtension): Buffer {
  return derSequence(derOid(type), ...(critical === true ? [derBoolean(true)] : []), derOctetString(value));
}

/** A UTF8String, for names. */
export const utf8 = derUtf8String;
