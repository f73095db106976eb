import { domainToASCII, domainToUnicode } from 'node:url';
import { DerError } from '../der/index.js';
import { printable } from './printable.js';

/**
 * Checks a label with hyphens in its third and fourth place: only A-labels have them (RFC 5891 §4.2.3.1), and an
 * A-label stands for a U-label that gives it back (RFC 5890 §2.3.2.1).
 *
 * @throws DerError
 */
export function checkALabel(bytes: Uint8Array, start: number, stop: number): void {
  const label = Buffer.from(bytes.subarray(start, stop)).toString('latin1').toLowerCase();
  const unicode = label.startsWith('xn--') ? domainToUnicode(label) : '';
  if (unicode === '' || unicode === label || domainToASCII(unicode) !== label) {
    throw new DerError(`the label "${printable(bytes, start, stop)}" is not a valid internationalized label`);
  }
}
