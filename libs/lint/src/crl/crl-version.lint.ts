import type { CrlLint } from './crl-lint.js';

/** Extensions need version 2, which is written as 1. */
export const crlVersionLint: CrlLint = {
  name: 'crl-version',
  citation: 'RFC 5280 §5.1.2.1',
  reads: 'crl',
  check: ({ version }) => (version === 1 ? undefined : `the CRL has version ${version}, not 1 for v2`),
};
