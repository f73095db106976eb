import { oid } from '#libs/x509';
import { authorities, type Lint } from '../lint.js';

export const nameConstraintsCriticalLint: Lint = {
  name: 'name-constraints-critical',
  citation: 'RFC 5280 §4.2.1.10',
  kinds: authorities,
  check: (certificate) =>
    certificate.extension(oid.nameConstraints)?.critical === false
      ? 'the nameConstraints are not critical'
      : undefined,
};
