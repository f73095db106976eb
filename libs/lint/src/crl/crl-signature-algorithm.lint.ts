import { readSignatureAlgorithm } from '#libs/x509';
import type { CrlLint } from './crl-lint.js';

/** An algorithm that relying parties accept. */
export const crlSignatureAlgorithmLint: CrlLint = {
  name: 'crl-signature-algorithm',
  citation: 'RFC 5280 §5.1.2.2',
  reads: 'crl',
  check({ signatureAlgorithm }) {
    const reader = signatureAlgorithm.reader();
    readSignatureAlgorithm(reader);
    reader.end('the signature algorithm');
    return undefined;
  },
};
