import { oid } from '#libs/x509';
import { everyKind, type FrameLint } from '../lint.js';

/** A must for CAs; the product puts it in every certificate, and it should be critical where it is. */
export const keyUsageCriticalLint: FrameLint = {
  name: 'key-usage-critical',
  citation: 'RFC 5280 §4.2.1.3',
  reads: 'frame',
  kinds: everyKind,
  check(frame) {
    const critical = frame.critical(oid.keyUsage);
    if (critical === undefined) return 'there is no keyUsage';
    return critical ? undefined : 'the keyUsage is not critical';
  },
};
