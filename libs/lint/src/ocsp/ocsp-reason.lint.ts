import { crlReasons, isCrlReason } from '#libs/x509';
import type { OcspLint } from './ocsp-lint.js';

/** A reason of RFC 5280 §5.3.1; `unspecified` by leaving it out, and `removeFromCRL` is none for what is revoked. */
export const ocspReasonLint: OcspLint = {
  name: 'ocsp-reason',
  citation: 'RFC 6960 §4.2.1',
  check({ responses }) {
    for (const { reason } of responses) {
      if (reason === undefined) continue;
      const said = isCrlReason(reason) && reason !== crlReasons.unspecified;
      if (!said || reason === crlReasons.removeFromCRL) return `${reason} is no reason of a revocation`;
    }
    return undefined;
  },
};
