import { checkUri, generalNameTag, oid } from '#libs/x509';
import { type CertificateLint, everyKind } from '../lint.js';
import { firstGeneralName } from '../walk.js';

/** Absolute, with a scheme-specific part, and a host name or address in its authority. */
export const uniformResourceIdentifierLint: CertificateLint = {
  name: 'uniform-resource-identifier',
  citation: 'RFC 5280 §4.2.1.6',
  reads: 'certificate',
  kinds: everyKind,
  check: (certificate) =>
    firstGeneralName(certificate.extension(oid.subjectAltName), (kind, bytes, start, stop) => {
      if (kind === generalNameTag.uri) checkUri(bytes, start, stop);
      return undefined;
    }),
};
