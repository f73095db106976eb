import { checkDnsName, generalNameTag, oid } from '#libs/x509';
import { everyKind, type Lint } from '../lint.js';
import { firstGeneralName } from '../walk.js';

/** The preferred name syntax of RFC 1034 §3.5, never empty; A-labels that stand for something (RFC 5891 §5.4). */
export const dnsNameLint: Lint = {
  name: 'dns-name',
  citation: 'RFC 5280 §4.2.1.6',
  kinds: everyKind,
  check: (certificate) =>
    firstGeneralName(certificate.extension(oid.subjectAltName), (kind, bytes, start, stop) => {
      if (kind === generalNameTag.dnsName) checkDnsName(bytes, start, stop);
      return undefined;
    }),
};
