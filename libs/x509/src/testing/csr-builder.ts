import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto';
import {
  constructedContextTag,
  contextTag,
  der,
  derBitString,
  derBoolean,
  derIa5String,
  derOctetString,
  derOid,
  derSequence,
  derUnsignedInteger,
  oid,
  tag,
} from '../der/index.js';
import type { KeyAlgorithmName } from '../key/key-algorithm.js';
import { nameDer } from '../name/name-writer.js';
import { signatureSchemes } from '../signature/signature-algorithm.js';
import { rsaTestKeys } from './rsa-test-keys.js';

/** The parts of a request that a test may replace; anything may be malformed. */
export interface CsrParts {
  key?: KeyObject;
  version?: Uint8Array;
  subject?: Uint8Array;
  spki?: Uint8Array;
  /** Whole Attribute elements. */
  attributes?: readonly Uint8Array[];
  signatureAlgorithm?: Uint8Array;
  /** How to sign; by default as the algorithm of the key says. */
  signing?: { hash: string | null; options?: Omit<SignKeyObjectInput, 'key'> };
  signature?: Uint8Array;
}

const keys = new Map<string, KeyObject>();

/** One private key a kind, made when first asked for. */
export function testKey(algorithm: KeyAlgorithmName | 'RSA-3072' | 'RSA-4096'): KeyObject {
  const key = keys.get(algorithm) ?? newKey(algorithm);
  keys.set(algorithm, key);
  return key;
}

function newKey(algorithm: string): KeyObject {
  if (algorithm === 'RSA') return createPrivateKey(rsaTestKeys[2048]);
  if (algorithm === 'RSA-3072') return createPrivateKey(rsaTestKeys[3072]);
  if (algorithm === 'RSA-4096') return createPrivateKey(rsaTestKeys[4096]);
  if (algorithm === 'Ed25519') return generateKeyPairSync('ed25519').privateKey;
  return generateKeyPairSync('ec', { namedCurve: algorithm }).privateKey;
}

export function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

/** A signed request; by default P-256, a common name, and no attributes. */
export function buildCsr(parts: CsrParts = {}): Buffer {
  const key = parts.key ?? testKey('P-256');
  const info = derSequence(
    parts.version ?? derUnsignedInteger(Buffer.from([0])),
    parts.subject ?? nameDer({ commonName: 'test' }),
    parts.spki ?? spkiOf(key),
    der(constructedContextTag(0), ...(parts.attributes ?? [])),
  );
  return signInfo(info, { ...parts, key });
}

/** A request around any bytes in place of the info. */
export function signInfo(info: Uint8Array, parts: CsrParts & { key: KeyObject }): Buffer {
  const scheme = schemeOf(parts.key);
  const { hash, options } = parts.signing ?? { hash: scheme.hash ?? null };
  const signature = parts.signature ?? sign(hash, info, { ...options, key: parts.key });
  return derSequence(info, parts.signatureAlgorithm ?? scheme.identifier, derBitString(signature));
}

function schemeOf(key: KeyObject) {
  if (key.asymmetricKeyType === 'rsa') return signatureSchemes['rsa-sha256'];
  return key.asymmetricKeyType === 'ed25519' ? signatureSchemes.ed25519 : signatureSchemes['ecdsa-sha256'];
}

/** One Attribute. */
export function attribute(type: string, ...values: readonly Uint8Array[]): Buffer {
  return derSequence(derOid(type), der(tag.set, ...values));
}

/** The extensionRequest attribute with the given Extension elements. */
export function extensionRequest(...extensions: readonly Uint8Array[]): Buffer {
  return attribute(oid.extensionRequest, derSequence(...extensions));
}

/** One Extension around any value. */
export function requestedExtension(type: string, value: Uint8Array, critical = false): Buffer {
  return derSequence(derOid(type), ...(critical ? [derBoolean(true)] : []), derOctetString(value));
}

/** The subjectAltName extension with the given GeneralName elements. */
export function san(...names: readonly Uint8Array[]): Buffer {
  return requestedExtension(oid.subjectAltName, derSequence(...names));
}

export const dns = (name: string): Buffer => derIa5String(name, contextTag(2));
export const email = (name: string): Buffer => derIa5String(name, contextTag(1));
export const uri = (name: string): Buffer => derIa5String(name, contextTag(6));
export const ip = (...octets: readonly number[]): Buffer => der(contextTag(7), Buffer.from(octets));
