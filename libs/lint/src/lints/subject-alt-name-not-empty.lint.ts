import { oid } from '#libs/x509';
import { type CertificateLint, everyKind } from '../lint.js';

export const subjectAltNameNotEmptyLint: CertificateLint = {
  name: 'subject-alt-name-not-empty',
  citation: 'RFC 5280 §4.2.1.6',
  reads: 'certificate',
  kinds: everyKind,
  check(certificate) {
    const extension = certificate.extension(oid.subjectAltName);
    return extension !== undefined && extension.value.length <= 2 ? 'the subjectAltName is empty' : undefined;
  },
};
