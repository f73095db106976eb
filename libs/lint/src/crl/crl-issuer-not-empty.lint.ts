import type { CrlLint } from './crl-lint.js';

/** Whose CRL it is must be said. */
export const crlIssuerNotEmptyLint: CrlLint = {
  name: 'crl-issuer-not-empty',
  citation: 'RFC 5280 §5.1.2.3',
  reads: 'crl',
  check: ({ issuer }) => (issuer.length > 2 ? undefined : 'the issuer is an empty name'),
};
