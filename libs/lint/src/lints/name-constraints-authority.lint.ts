import { oid } from '#libs/x509';
import type { Lint } from '../lint.js';

/** Only in the certificates of CAs. */
export const nameConstraintsAuthorityLint: Lint = {
  name: 'name-constraints-authority',
  citation: 'RFC 5280 §4.2.1.10',
  kinds: ['leaf'],
  check: (certificate) =>
    certificate.extension(oid.nameConstraints) === undefined ? undefined : 'a leaf has nameConstraints',
};
