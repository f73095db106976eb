import { KeyError } from './key-error.js';

/** The field's prime, 2^255 - 19 (RFC 8032 §5.1). */
const p = 2n ** 255n - 19n;
/** The curve's d, -121665/121666 mod p. */
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/**
 * The y coordinates of the eight points whose order divides the cofactor 8 (RFC 7748 §7 names the danger):
 * with such a key a signature that verifies can be made without any private key.
 */
const lowOrderY = new Set([
  0n,
  1n,
  p - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]);

/**
 * Refuses encodings that are not canonical (RFC 8032 §5.1.3), and points of small order.
 *
 * Whether the point is on the curve costs as much as a signature's verification, which fails for it anyway:
 * {@link isOnEd25519} tells the reason afterwards.
 *
 * @throws KeyError
 */
export function checkEd25519Point(encoded: Uint8Array): void {
  const y = yOf(encoded);
  if (y >= p) throw new KeyError('the Ed25519 public key is not encoded canonically (RFC 8032 §5.1.3)');
  if (lowOrderY.has(y)) throw new KeyError('the Ed25519 public key is a point of small order');
}

/** Whether an encoding of 32 octets is that of a point of the curve. */
export function isOnEd25519(encoded: Uint8Array): boolean {
  const y = yOf(encoded);
  const square = (y * y) % p;
  // x² = (y² - 1) / (d y² + 1) is a square exactly when (y² - 1)(d y² + 1) is one: Euler's criterion.
  const product = ((square - 1n + p) * (d * square + 1n)) % p;
  return product === 0n || power(product, (p - 1n) / 2n) === 1n;
}

/** The y coordinate: little-endian, without the top bit, which is the sign of x. */
function yOf(encoded: Uint8Array): bigint {
  const bigEndian = Buffer.from(encoded).reverse();
  bigEndian[0] = (bigEndian[0] ?? 0) & 0x7f;
  return BigInt(`0x${bigEndian.toString('hex')}`);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let factor = base % p;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % p;
    factor = (factor * factor) % p;
  }
  return result;
}
