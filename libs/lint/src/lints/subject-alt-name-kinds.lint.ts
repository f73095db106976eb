import { generalNameTag, oid } from '#libs/x509';
import type { CertificateLint } from '../lint.js';
import { firstGeneralName } from '../walk.js';

const kinds = new Set<number>(Object.values(generalNameTag));

/** All parts of the subject alternative name must be verified by the CA: only kinds that are understood here. */
export const subjectAltNameKindsLint: CertificateLint = {
  name: 'subject-alt-name-kinds',
  citation: 'RFC 5280 §4.2.1.6',
  reads: 'certificate',
  kinds: ['leaf'],
  check: (certificate) =>
    firstGeneralName(certificate.extension(oid.subjectAltName), (kind) =>
      kinds.has(kind)
        ? undefined
        : `the subjectAltName has a name of an unknown kind (tag 0x${kind.toString(16)})`,
    ),
};
