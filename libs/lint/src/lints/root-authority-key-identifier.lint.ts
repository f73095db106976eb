import { contextTag, oid, tag } from '#libs/x509';
import type { CertificateLint } from '../lint.js';

/** A self-signed certificate may leave it out; where it is there, it is the certificate's own key. */
export const rootAuthorityKeyIdentifierLint: CertificateLint = {
  name: 'root-authority-key-identifier',
  citation: 'RFC 5280 §4.2.1.1',
  reads: 'certificate',
  kinds: ['root'],
  check(certificate) {
    const authority = certificate.extension(oid.authorityKeyIdentifier);
    if (authority === undefined) return undefined;
    const subject = certificate.extension(oid.subjectKeyIdentifier);
    const reader = authority.value.reader();
    reader.enter(tag.sequence, 'the authorityKeyIdentifier');
    const issuerKey = reader.content(contextTag(0), 'the keyIdentifier');
    const ownKey = subject?.value.reader().content(tag.octetString, 'the subjectKeyIdentifier');
    return ownKey !== undefined && Buffer.compare(issuerKey, ownKey) === 0
      ? undefined
      : "the authorityKeyIdentifier is not the root's own key";
  },
};
