import { crlReasons, isCrlReason } from '#libs/x509';
import type { CrlEntryLint } from './crl-lint.js';

/** A reason that exists, `unspecified` by leaving it out, `removeFromCRL` in delta CRLs alone. */
export const crlEntryReasonLint: CrlEntryLint = {
  name: 'crl-entry-reason',
  citation: 'RFC 5280 §5.3.1',
  reads: 'extensions',
  check({ reason }, { isDelta }) {
    if (reason === undefined) return undefined;
    if (!isCrlReason(reason)) return `the reason ${reason} does not exist`;
    if (reason === crlReasons.unspecified) return 'the reason unspecified is written out';
    return reason === crlReasons.removeFromCRL && !isDelta ? 'removeFromCRL is in a full CRL' : undefined;
  },
};
