import { everyKind, type Lint } from '../lint.js';

const maxOctets = 20;

export const serialNumberLint: Lint = {
  name: 'serial-number',
  citation: 'RFC 5280 §4.1.2.2',
  kinds: everyKind,
  check({ fields: { serial } }) {
    if ((serial[0] ?? 0) > 0x7f) return 'the serial number is negative';
    if (serial.every((octet) => octet === 0)) return 'the serial number is zero';
    if (serial.length > maxOctets)
      return `the serial number has ${serial.length} octets; at most ${maxOctets} are allowed`;
    return undefined;
  },
};
