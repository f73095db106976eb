import { oid } from '#libs/x509';
import { authorities, type Lint } from '../lint.js';

export const basicConstraintsAuthorityLint: Lint = {
  name: 'basic-constraints-authority',
  citation: 'RFC 5280 §4.2.1.9',
  kinds: authorities,
  check(certificate) {
    const extension = certificate.extension(oid.basicConstraints);
    if (extension === undefined) return 'a CA has no basicConstraints';
    if (!extension.critical) return 'the basicConstraints of a CA are not critical';
    return certificate.basicConstraints?.ca === true ? undefined : 'the basicConstraints of a CA lack cA';
  },
};
