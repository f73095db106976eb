import { type CertificateLint, everyKind } from '../lint.js';

/**
 * A named curve and an uncompressed point (RFC 5480 §2.1.1, §2.2), NULL beside an RSA key (RFC 3279 §2.3.1), nothing
 * beside an Ed25519 key (RFC 8410 §3).
 */
export const publicKeyLint: CertificateLint = {
  name: 'public-key',
  citation: 'RFC 5280 §4.1.2.7',
  reads: 'certificate',
  kinds: everyKind,
  check: ({ publicKey }) => (publicKey.key.length === 0 ? 'the public key is empty' : undefined),
};
