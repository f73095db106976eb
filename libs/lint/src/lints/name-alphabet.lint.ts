import { isUtf8 } from 'node:buffer';
import { tag } from '#libs/x509';
import { everyKind, type FrameLint } from '../lint.js';
import { firstInName, type NameAttribute } from '../walk.js';

/** X.680 §41.4: letters, digits, space and these. */
const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

/** A string's octets are of its type's alphabet: UTF-8 for UTF8String, X.680 §41.4 for PrintableString. */
export const nameAlphabetLint: FrameLint = {
  name: 'name-alphabet',
  citation: 'RFC 5280 §4.1.2.4',
  reads: 'frame',
  kinds: everyKind,
  check: ({ subject }) => firstInName(subject, problem),
};

function problem({ type, valueTag, bytes, start, stop }: NameAttribute): string | undefined {
  const content = bytes.subarray(start, stop);
  if (valueTag === tag.utf8String && !isUtf8(content)) return `the attribute ${type} is not UTF-8`;
  if (valueTag === tag.printableString && !printable.test(Buffer.from(content).toString('latin1'))) {
    return `the attribute ${type} has a character that a PrintableString does not`;
  }
  return undefined;
}
