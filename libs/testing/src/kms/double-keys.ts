import {
  constants,
  createECDH,
  generateKeyPair,
  type KeyObject,
  privateEncrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { promisify } from 'node:util';

export const doubleAlgorithms = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const;
export type DoubleAlgorithm = (typeof doubleAlgorithms)[number];

/** A key as every stand-in keeps it. Times are epoch milliseconds. */
export interface DoubleKey {
  readonly id: string;
  readonly name: string;
  readonly algorithm: DoubleAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly createdAt: number;
  labels: Record<string, string>;
  /** Where the backend tells keys in hardware from others. */
  hsm?: boolean;
  state: 'enabled' | 'disabled' | 'pending';
  destroyAt?: number;
}

/** PKCS#1 DigestInfo of SHA-256 without the digest (RFC 8017 §9.2). */
const sha256DigestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');
const generate = promisify(generateKeyPair);

export async function makeKey(name: string, algorithm: DoubleAlgorithm): Promise<DoubleKey> {
  const pair = algorithm.startsWith('P-')
    ? await generate('ec', { namedCurve: algorithm })
    : await generate('rsa', { modulusLength: Number(algorithm.slice(4)) });
  return { id: randomUUID(), name, algorithm, ...pair, createdAt: Date.now(), labels: {}, state: 'enabled' };
}

export function spkiOf(key: DoubleKey): Buffer {
  return key.publicKey.export({ format: 'der', type: 'spki' });
}

/** Signs a digest, which is all that a KMS is sent. */
export function signDigest(
  key: DoubleKey,
  digest: Uint8Array,
  encoding: 'der' | 'ieee-p1363' = 'der',
): Buffer {
  if (key.algorithm.startsWith('P-')) return ecdsa(key, digest, encoding);
  const info = Buffer.concat([sha256DigestInfo, digest]);
  return privateEncrypt({ key: key.privateKey, padding: constants.RSA_PKCS1_PADDING }, info);
}

/** Something of the shape of a signature, over what nobody asked for. */
export function wrongSignature(key: DoubleKey, encoding: 'der' | 'ieee-p1363' = 'der'): Buffer {
  return signDigest(key, randomBytes(key.algorithm === 'P-384' ? 48 : 32), encoding);
}

const curves = {
  'P-256': {
    name: 'prime256v1',
    order: BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
  },
  'P-384': {
    name: 'secp384r1',
    order: BigInt(
      '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    ),
  },
} as const;

/** What a signature needs besides the key and the digest, both modulo the curve's order. */
interface Nonce {
  readonly r: bigint;
  /** The inverse of k. */
  readonly inverse: bigint;
}

/** Nonces that are made at once: one inversion, which costs as much as everything else, serves them all. */
const noncesAtOnce = 64;
const nonces: Record<'P-256' | 'P-384', Nonce[]> = { 'P-256': [], 'P-384': [] };
const scalars = new WeakMap<KeyObject, bigint>();

/** ECDSA (FIPS 186-5 §6.4.1) over a digest, for which Node has no call. */
function ecdsa(key: DoubleKey, digest: Uint8Array, encoding: 'der' | 'ieee-p1363'): Buffer {
  const curve = key.algorithm === 'P-384' ? 'P-384' : 'P-256';
  const { order } = curves[curve];
  const size = curve === 'P-384' ? 48 : 32;
  const { r, inverse: inverted } = nonceOf(curve);
  const s = (inverted * ((number(digest.subarray(0, size)) + r * scalarOf(key)) % order)) % order;
  const halves = Buffer.concat([octets(r, size), octets(s, size)]);
  return encoding === 'ieee-p1363' ? halves : der(halves);
}

function scalarOf({ privateKey }: DoubleKey): bigint {
  const known = scalars.get(privateKey);
  if (known !== undefined) return known;
  const scalar = number(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'));
  scalars.set(privateKey, scalar);
  return scalar;
}

/** k·G comes from a throw-away ECDH key; all inverses from the one of their product (Montgomery's trick). */
function nonceOf(curve: 'P-256' | 'P-384'): Nonce {
  const ready = nonces[curve].pop();
  if (ready) return ready;
  const { name, order } = curves[curve];
  const size = curve === 'P-384' ? 48 : 32;
  const once = createECDH(name);
  let product = 1n;
  const made = Array.from({ length: noncesAtOnce }, () => {
    const r = number(once.generateKeys().subarray(1, 1 + size)) % order;
    const k = number(once.getPrivateKey());
    const before = product;
    product = (product * k) % order;
    return { r, k, before };
  });
  let rest = inverse(product, order);
  for (const { r, k, before } of made.reverse()) {
    nonces[curve].push({ r, inverse: (rest * before) % order });
    rest = (rest * k) % order;
  }
  return nonces[curve].pop() ?? nonceOf(curve);
}

function number(big: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(big).toString('hex')}`);
}

function octets(value: bigint, size: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex');
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = a / b;
    [a, b] = [b, a % b];
    [x, y] = [y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

function der(halves: Buffer): Buffer {
  const parts = [halves.subarray(0, halves.length / 2), halves.subarray(halves.length / 2)].map((half) => {
    const start = half.findIndex((octet) => octet !== 0);
    const value = half.subarray(Math.max(0, start));
    const padded = (value[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), value]) : value;
    return Buffer.concat([Buffer.from([2, padded.length]), padded]);
  });
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
