import type { CrlEntryLint } from './crl-lint.js';

const year2050 = Date.UTC(2050, 0, 1);

/** The encoding of its year, and not later than the CRL itself. */
export const crlEntryDateLint: CrlEntryLint = {
  name: 'crl-entry-date',
  citation: 'RFC 5280 §5.1.2.4',
  reads: 'entry',
  check({ revokedAt, generalized }, { thisUpdate }) {
    if (generalized !== revokedAt >= year2050) return 'a revocation date is in the wrong encoding';
    return revokedAt > thisUpdate ? 'a revocation date is after thisUpdate' : undefined;
  },
};
