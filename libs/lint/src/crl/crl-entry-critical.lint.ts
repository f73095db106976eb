import type { CrlEntryLint } from './crl-lint.js';

/** A critical entry extension would make relying parties refuse the whole CRL. */
export const crlEntryCriticalLint: CrlEntryLint = {
  name: 'crl-entry-critical',
  citation: 'RFC 5280 §5.3',
  reads: 'extensions',
  check: ({ critical }) =>
    critical === undefined ? undefined : `the entry extension ${critical} is critical`,
};
