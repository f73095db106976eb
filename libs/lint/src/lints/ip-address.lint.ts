import { generalNameTag, oid } from '#libs/x509';
import { type CertificateLint, everyKind } from '../lint.js';
import { firstGeneralName } from '../walk.js';

export const ipAddressLint: CertificateLint = {
  name: 'ip-address',
  citation: 'RFC 5280 §4.2.1.6',
  reads: 'certificate',
  kinds: everyKind,
  check: (certificate) =>
    firstGeneralName(certificate.extension(oid.subjectAltName), (kind, _, start, stop) => {
      const octets = stop - start;
      return kind === generalNameTag.ipAddress && octets !== 4 && octets !== 16
        ? `an iPAddress has ${octets} octets, not 4 or 16`
        : undefined;
    }),
};
