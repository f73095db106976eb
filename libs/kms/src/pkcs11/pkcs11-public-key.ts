import { createPublicKey, type JsonWebKey } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import type { CaKeyAlgorithm } from '../signer.js';

type Library = pkcs11.PKCS11;

/** The named curves' object identifiers in DER, as CKA_EC_PARAMS wants them. */
export const curves: Readonly<Record<'P-256' | 'P-384', Buffer>> = {
  'P-256': Buffer.from('06082a8648ce3d030107', 'hex'),
  'P-384': Buffer.from('06052b81040022', 'hex'),
};

/** SubjectPublicKeyInfo in DER from the attributes of a public key object. */
export function spkiOf(
  library: Library,
  session: Buffer,
  key: Buffer,
  algorithm: CaKeyAlgorithm,
): Uint8Array {
  const read = (...types: number[]) =>
    library
      .C_GetAttributeValue(
        session,
        key,
        types.map((type) => ({ type })),
      )
      .map(({ value }) => value);
  return createPublicKey({ key: jwk(read, algorithm), format: 'jwk' }).export({
    format: 'der',
    type: 'spki',
  });
}

function jwk(read: (...types: number[]) => Buffer[], algorithm: CaKeyAlgorithm): JsonWebKey {
  const text = (octets: Buffer | undefined) => (octets ?? Buffer.alloc(0)).toString('base64url');
  if (algorithm === 'P-256' || algorithm === 'P-384') {
    const [attribute = Buffer.alloc(0)] = read(pkcs11.CKA_EC_POINT);
    // The uncompressed point is the end of the attribute, whether or not it is wrapped in an OCTET STRING.
    const size = algorithm === 'P-256' ? 32 : 48;
    const point = attribute.subarray(attribute.length - 2 * size);
    return { kty: 'EC', crv: algorithm, x: text(point.subarray(0, size)), y: text(point.subarray(size)) };
  }
  const [modulus, exponent] = read(pkcs11.CKA_MODULUS, pkcs11.CKA_PUBLIC_EXPONENT);
  return { kty: 'RSA', n: text(modulus), e: text(exponent) };
}
