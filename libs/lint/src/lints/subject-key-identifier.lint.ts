import { oid, tag } from '#libs/x509';
import { type CertificateLint, everyKind } from '../lint.js';

/** A must for CAs, a should for the others; never critical. */
export const subjectKeyIdentifierLint: CertificateLint = {
  name: 'subject-key-identifier',
  citation: 'RFC 5280 §4.2.1.2',
  reads: 'certificate',
  kinds: everyKind,
  check(certificate) {
    const extension = certificate.extension(oid.subjectKeyIdentifier);
    if (extension === undefined) return 'there is no subjectKeyIdentifier';
    if (extension.critical) return 'the subjectKeyIdentifier is critical';
    const reader = extension.value.reader();
    reader.read(tag.octetString, 'the subjectKeyIdentifier');
    reader.end('the subjectKeyIdentifier');
    return reader.start === reader.stop ? 'the subjectKeyIdentifier is empty' : undefined;
  },
};
