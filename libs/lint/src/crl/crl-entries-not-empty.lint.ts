import type { CrlLint } from './crl-lint.js';

/** Without a revoked certificate the list is absent. */
export const crlEntriesNotEmptyLint: CrlLint = {
  name: 'crl-entries-not-empty',
  citation: 'RFC 5280 §5.1.2.6',
  reads: 'crl',
  check: ({ entries }) => (entries?.length === 0 ? 'the list of revoked certificates is empty' : undefined),
};
