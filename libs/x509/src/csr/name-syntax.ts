import { DerError } from '../der/index.js';
import { checkALabel } from './a-label.js';
import { printable } from './printable.js';

/** RFC 1035 §2.3.4, in octets. */
const maxDnsName = 253;
const maxLabel = 63;
/** RFC 5321 §4.5.3.1.1. */
const maxLocalPart = 64;

const dot = 0x2e;
const hyphen = 0x2d;

/** Whether an octet is a letter, a digit or a hyphen: the preferred name syntax of RFC 1034 §3.5. */
function isLdh(octet: number): boolean {
  return isAlphanumeric(octet) || octet === hyphen;
}

function isAlphanumeric(octet: number): boolean {
  return (
    (octet >= 0x61 && octet <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || (octet >= 0x41 && octet <= 0x5a)
  );
}

/**
 * Checks a dNSName (RFC 5280 §4.2.1.6): labels of letters, digits and hyphens, none of them empty; `*` may be
 * the whole leftmost label where another follows (RFC 6125 §6.4.3).
 *
 * @throws DerError
 */
export function checkDnsName(bytes: Uint8Array, start: number, stop: number): void {
  if (start === stop) throw new DerError('a dNSName is empty');
  if (stop - start > maxDnsName) throw new DerError(`a dNSName is longer than ${maxDnsName} octets`);
  let at = start;
  if (bytes[start] === 0x2a) {
    if (bytes[start + 1] !== dot || stop - start < 3)
      throw bad(bytes, start, stop, 'has a misplaced wildcard');
    at += 2;
  }
  checkHostName(bytes, at, stop);
}

/** Whether a text could be a dNSName. */
export function isDnsName(text: string): boolean {
  const bytes = Buffer.from(text);
  try {
    checkDnsName(bytes, 0, bytes.length);
    return true;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

/** Checks a host name without wildcard. @throws DerError */
export function checkHostName(bytes: Uint8Array, start: number, stop: number): void {
  let label = start;
  let onlyDigits = true;
  for (let i = start; i <= stop; i++) {
    const octet = i < stop ? (bytes[i] as number) : dot;
    if (octet !== dot) {
      if (!isLdh(octet)) throw bad(bytes, start, stop, badOctet(octet));
      if (octet < 0x30 || octet > 0x39) onlyDigits = false;
      continue;
    }
    if (i === label) throw bad(bytes, start, stop, 'has an empty label');
    if (i - label > maxLabel) throw bad(bytes, start, stop, `has a label of more than ${maxLabel} octets`);
    if (bytes[label] === hyphen || bytes[i - 1] === hyphen) {
      throw bad(bytes, start, stop, 'has a label that begins or ends with a hyphen');
    }
    if (bytes[label + 2] === hyphen && bytes[label + 3] === hyphen && i - label > 3)
      checkALabel(bytes, label, i);
    // A last label of digits only is an IPv4 address in disguise (RFC 1123 §2.1).
    if (i === stop && onlyDigits)
      throw bad(bytes, start, stop, 'ends in a number; an address belongs in iPAddress');
    label = i + 1;
    onlyDigits = true;
  }
}

/** Checks a Mailbox (RFC 5280 §4.2.1.6): a dot-atom local part, `@`, a host name. @throws DerError */
export function checkMailbox(bytes: Uint8Array, start: number, stop: number): void {
  const at = bytes.subarray(start, stop).lastIndexOf(0x40);
  if (at < 1) throw bad(bytes, start, stop, 'is no mailbox', 'rfc822Name');
  if (at > maxLocalPart || stop - start - at - 1 > maxDnsName) {
    throw bad(bytes, start, stop, 'is too long', 'rfc822Name');
  }
  let dotted = true;
  for (let i = start; i < start + at; i++) {
    const octet = bytes[i] as number;
    if (octet === dot ? dotted : !isAtomText(octet))
      throw bad(bytes, start, stop, 'is no mailbox', 'rfc822Name');
    dotted = octet === dot;
  }
  if (dotted) throw bad(bytes, start, stop, 'is no mailbox', 'rfc822Name');
  checkHostName(bytes, start + at + 1, stop);
}

/** atext of RFC 5322 §3.2.3. */
function isAtomText(octet: number): boolean {
  return isAlphanumeric(octet) || "!#$%&'*+-/=?^_`{|}~".includes(String.fromCharCode(octet));
}

function badOctet(octet: number): string {
  if (octet === 0x2a) return 'has a misplaced wildcard';
  if (octet === 0x5f) return 'has an underscore, which host names do not';
  if (octet > 0x7f) return 'is not ASCII; write an internationalized name in its xn-- form';
  return 'has a character that host names do not';
}

function bad(bytes: Uint8Array, start: number, stop: number, why: string, kind = 'dNSName'): DerError {
  return new DerError(`the ${kind} "${printable(bytes, start, stop)}" ${why}`);
}
