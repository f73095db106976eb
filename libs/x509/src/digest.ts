import { hash } from 'node:crypto';

/** SHA-256 of the bytes, 32 octets. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** SHA-256 of the bytes as 64 lower-case hexadecimal digits: a certificate's fingerprint. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** The octets of a key identifier. */
export const keyIdentifierLength = 20;

/**
 * The leftmost 160 bits of the SHA-256 of the subjectPublicKey (RFC 7093 §2 method 1).
 *
 * @param key the BIT STRING's content without its count of unused bits
 */
export function keyIdentifier(key: Uint8Array): Buffer {
  return sha256(key).subarray(0, keyIdentifierLength);
}

/** SHA-1 of the bytes, 20 octets. OCSP names issuers and responders with it (RFC 6960 §4.1.1, §4.2.1); it proves nothing. */
export function sha1(bytes: Uint8Array): Buffer {
  return hash('sha1', bytes, 'buffer');
}
