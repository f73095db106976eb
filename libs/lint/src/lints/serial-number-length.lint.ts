import { everyKind, type Lint } from '../lint.js';

const maxOctets = 20;

export const serialNumberLengthLint: Lint = {
  name: 'serial-number-length',
  citation: 'RFC 5280 §4.1.2.2',
  kinds: everyKind,
  check: ({ fields: { serial } }) =>
    serial.length > maxOctets
      ? `the serial number has ${serial.length} octets; at most ${maxOctets} are allowed`
      : undefined,
};
