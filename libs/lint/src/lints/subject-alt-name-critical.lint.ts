import { oid } from '#libs/x509';
import { everyKind, type Lint } from '../lint.js';

/** Where the subject is empty the names are in a critical subjectAltName; otherwise it should not be critical. */
export const subjectAltNameCriticalLint: Lint = {
  name: 'subject-alt-name-critical',
  citation: 'RFC 5280 §4.2.1.6',
  kinds: everyKind,
  check(certificate) {
    const empty = certificate.fields.subject.length <= 2;
    const extension = certificate.extension(oid.subjectAltName);
    if (empty && extension?.critical !== true)
      return 'the subject is empty, and there is no critical subjectAltName';
    return !empty && extension?.critical === true
      ? 'the subjectAltName is critical beside a subject'
      : undefined;
  },
};
