import { checkDnsName, generalNameTag, oid } from '#libs/x509';
import { type CertificateLint, everyKind } from '../lint.js';
import { firstGeneralName } from '../walk.js';

/** The preferred name syntax of RFC 1034 §3.5, never empty; A-labels that stand for something (RFC 5891 §5.4). */
export const dnsNameLint: CertificateLint = {
  name: 'dns-name',
  citation: 'RFC 5280 §4.2.1.6',
  reads: 'certificate',
  kinds: everyKind,
  check: (certificate) =>
    firstGeneralName(certificate.extension(oid.subjectAltName), (kind, bytes, start, stop) => {
      if (kind === generalNameTag.dnsName) checkDnsName(bytes, start, stop);
      return undefined;
    }),
};
