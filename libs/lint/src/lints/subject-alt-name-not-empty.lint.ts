import { oid } from '#libs/x509';
import { everyKind, type Lint } from '../lint.js';

export const subjectAltNameNotEmptyLint: Lint = {
  name: 'subject-alt-name-not-empty',
  citation: 'RFC 5280 §4.2.1.6',
  kinds: everyKind,
  check(certificate) {
    const extension = certificate.extension(oid.subjectAltName);
    return extension !== undefined && extension.value.length <= 2 ? 'the subjectAltName is empty' : undefined;
  },
};
