import { KeyError } from './key-error.js';
import type { RsaPublicKey } from './subject-public-key-info.js';

const minimumBits = 2048;
const maximumBits = 4096;
/** FIPS 186-5 §A.1.1: 2^16 < e < 2^256, odd. */
const minimumExponent = 65537n;
const maximumExponentBits = 256;
/** NIST SP 800-89 §5.3.3 has the modulus tried for factors below 752. */
const smallFactorLimit = 752;
/** Two primes that share their leading half are found at once; the CA/Browser Forum asks for 100 rounds (BR §6.1.1.3). */
const fermatRounds = 100;

const smallPrimes = primesBelow(smallFactorLimit);
/** The small primes in products below 2^53, so that one reduction of the modulus serves about five of them. */
const primeGroups = groupPrimes(smallPrimes);

/**
 * Keys of the ROCA library are, modulo each of these primes, powers of 65537 (CVE-2017-15361, Nemec et al. 2017,
 * "The Return of Coppersmith's Attack", §2.2).
 */
const rocaPrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
const rocaResidues = new Map(rocaPrimes.map((prime) => [prime, powersOf65537(prime)]));

/**
 * Refuses RSA keys that are too small, too large, or broken.
 *
 * @throws KeyError
 */
export function checkRsaStrength({ modulus, exponent }: RsaPublicKey): void {
  const bits = bitLength(modulus);
  if (bits < minimumBits)
    throw new KeyError(`the RSA key has ${bits} bits; at least ${minimumBits} are needed`);
  if (bits > maximumBits)
    throw new KeyError(`the RSA key has ${bits} bits; at most ${maximumBits} are supported`);
  checkExponent(exponent);
  if (((modulus[modulus.length - 1] as number) & 1) === 0) throw new KeyError('the RSA modulus is even');
  const n = toBigInt(modulus);
  checkResidues(n);
  if (hasClosePrimes(n, bits)) {
    throw new KeyError('the RSA key is weak: its primes are too close to each other (Fermat factorization)');
  }
}

function checkExponent(exponent: Uint8Array): void {
  if (bitLength(exponent) > maximumExponentBits) {
    throw new KeyError(`the RSA public exponent has more than ${maximumExponentBits} bits`);
  }
  const e = toBigInt(exponent);
  if ((e & 1n) === 0n) throw new KeyError('the RSA public exponent is even');
  if (e < minimumExponent) throw new KeyError(`the RSA public exponent ${e} is below ${minimumExponent}`);
}

/** One pass over the modulus's residues: small factors, then the fingerprint of ROCA. */
function checkResidues(n: bigint): void {
  let looksLikeRoca = true;
  for (const { product, primes } of primeGroups) {
    const residue = Number(n % product);
    for (const prime of primes) {
      const remainder = residue % prime;
      if (remainder === 0) throw new KeyError(`the RSA key is weak: its modulus is divisible by ${prime}`);
      const residues = rocaResidues.get(prime);
      if (residues !== undefined && !residues.has(remainder)) looksLikeRoca = false;
    }
  }
  if (looksLikeRoca)
    throw new KeyError('the RSA key is weak: it has the fingerprint of ROCA (CVE-2017-15361)');
}

/** Squares modulo each of these; together they pass less than one number in a hundred that is no square. */
const sieves = [64, 63, 65, 11].map((modulus) => ({
  modulus,
  squares: new Set(Array.from({ length: modulus }, (_, i) => (i * i) % modulus)),
}));

/**
 * Fermat's factorization: from a = ⌈√n⌉ upwards, is a² - n a square?
 *
 * The sieves work on small numbers only, so that the rounds cost next to nothing.
 */
function hasClosePrimes(n: bigint, bits: number): boolean {
  const root = integerRoot(n, bits);
  const first = root * root === n ? root : root + 1n;
  const residues = sieves.map(({ modulus, squares }) => ({
    modulus,
    squares,
    a: Number(first % BigInt(modulus)),
    n: Number(n % BigInt(modulus)),
  }));
  for (let round = 0; round < fermatRounds; round++) {
    const passes = residues.every(({ modulus, squares, a, n: rest }) => {
      const value = (((a + round) * (a + round) - rest) % modulus) + modulus;
      return squares.has(value % modulus);
    });
    if (!passes) continue;
    const a = first + BigInt(round);
    const square = a * a - n;
    const b = integerRoot(square, square.toString(16).length * 4);
    if (b * b === square) return true;
  }
  return false;
}

/** ⌊√n⌋ by Newton's method from a start above it, which the leading digits give to 50 bits. */
function integerRoot(n: bigint, bits: number): bigint {
  if (n < 2n) return n;
  const shift = BigInt(Math.max(0, bits - 104) & ~1);
  const lead = BigInt(Math.ceil(Math.sqrt(Number(n >> shift)) * (1 + 2 ** -50))) + 1n;
  let guess = lead << (shift / 2n);
  for (;;) {
    const next = (guess + n / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

function bitLength(octets: Uint8Array): number {
  return octets.length * 8 - (Math.clz32(octets[0] ?? 0) - 24);
}

function toBigInt(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('hex')}`);
}

function primesBelow(limit: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate < limit; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

function groupPrimes(primes: readonly number[]): { product: bigint; primes: number[] }[] {
  const groups: { product: bigint; primes: number[] }[] = [];
  for (const prime of primes) {
    const last = groups.at(-1);
    if (last !== undefined && last.product * BigInt(prime) <= BigInt(Number.MAX_SAFE_INTEGER)) {
      last.product *= BigInt(prime);
      last.primes.push(prime);
    } else {
      groups.push({ product: BigInt(prime), primes: [prime] });
    }
  }
  return groups;
}

function powersOf65537(prime: number): Set<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65537) % prime) powers.add(power);
  return powers;
}
