import { type CertificateLint, everyKind } from '../lint.js';

const maxOctets = 20;

export const serialNumberLengthLint: CertificateLint = {
  name: 'serial-number-length',
  citation: 'RFC 5280 §4.1.2.2',
  reads: 'certificate',
  kinds: everyKind,
  check: ({ fields: { serial } }) =>
    serial.length > maxOctets
      ? `the serial number has ${serial.length} octets; at most ${maxOctets} are allowed`
      : undefined,
};
