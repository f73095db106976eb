import type { CrlEntryLint } from './crl-lint.js';

/** A serial number is positive and has at most 20 octets (§4.1.2.2). */
export const crlEntrySerialLint: CrlEntryLint = {
  name: 'crl-entry-serial',
  citation: 'RFC 5280 §5.1.2.6',
  reads: 'entry',
  check({ serialStart, serialStop }, { bytes }) {
    const first = bytes[serialStart] ?? 0;
    const octets = serialStop - serialStart;
    if (first > 0x7f || (octets === 1 && first === 0)) return 'a serial number is not positive';
    return octets > 20 ? 'a serial number has more than 20 octets' : undefined;
  },
};
