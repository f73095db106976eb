import { readSignatureAlgorithm } from '#libs/x509';
import { everyKind, type FrameLint } from '../lint.js';

/** No parameters for ECDSA (RFC 5758 §3.2) and Ed25519 (RFC 8410 §3), NULL for RSA (RFC 4055 §5); no broken hash. */
export const signatureAlgorithmLint: FrameLint = {
  name: 'signature-algorithm',
  citation: 'RFC 5280 §4.1.2.3',
  reads: 'frame',
  kinds: everyKind,
  check({ signatureAlgorithm }) {
    readSignatureAlgorithm(signatureAlgorithm.reader());
    return undefined;
  },
};
