import { oid } from '#libs/x509';
import { everyKind, type Lint } from '../lint.js';

/** A must for CAs; the product puts it in every certificate, and it should be critical where it is. */
export const keyUsageCriticalLint: Lint = {
  name: 'key-usage-critical',
  citation: 'RFC 5280 §4.2.1.3',
  kinds: everyKind,
  check(certificate) {
    const extension = certificate.extension(oid.keyUsage);
    if (extension === undefined) return 'there is no keyUsage';
    return extension.critical ? undefined : 'the keyUsage is not critical';
  },
};
