import { type CertificateLint, everyKind } from '../lint.js';

export const serialNumberPositiveLint: CertificateLint = {
  name: 'serial-number-positive',
  citation: 'RFC 5280 §4.1.2.2',
  reads: 'certificate',
  kinds: everyKind,
  check({ fields: { serial } }) {
    const first = serial.bytes[serial.start] ?? 0;
    if (first > 0x7f) return 'the serial number is negative';
    return first === 0 && serial.length === 1 ? 'the serial number is zero' : undefined;
  },
};
