import { checkMailbox, generalNameTag, oid } from '#libs/x509';
import { type CertificateLint, everyKind } from '../lint.js';
import { firstGeneralName } from '../walk.js';

/** A Mailbox of RFC 5321 §4.1.2, without a display name or brackets. */
export const rfc822NameLint: CertificateLint = {
  name: 'rfc822-name',
  citation: 'RFC 5280 §4.2.1.6',
  reads: 'certificate',
  kinds: everyKind,
  check: (certificate) =>
    firstGeneralName(certificate.extension(oid.subjectAltName), (kind, bytes, start, stop) => {
      if (kind === generalNameTag.rfc822Name) checkMailbox(bytes, start, stop);
      return undefined;
    }),
};
