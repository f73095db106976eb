import { type CertificateLint, everyKind } from '../lint.js';

/** The validity is the period from notBefore through notAfter, inclusive. */
export const validityOrderLint: CertificateLint = {
  name: 'validity-order',
  citation: 'RFC 5280 §4.1.2.5',
  reads: 'certificate',
  kinds: everyKind,
  check: ({ fields: { notBefore, notAfter } }) =>
    notBefore.at > notAfter.at ? 'notAfter is before notBefore' : undefined,
};
