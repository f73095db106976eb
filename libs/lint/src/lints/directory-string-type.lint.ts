import { oid, tag } from '#libs/x509';
import { everyKind, type FrameLint } from '../lint.js';
import { firstInName, type NameAttribute } from '../walk.js';

const directoryStrings = new Set<string>([oid.commonName, oid.organizationName]);

/** CAs must encode a DirectoryString as PrintableString or UTF8String. */
export const directoryStringTypeLint: FrameLint = {
  name: 'directory-string-type',
  citation: 'RFC 5280 §4.1.2.4',
  reads: 'frame',
  kinds: everyKind,
  check: ({ subject }) => firstInName(subject, problem),
};

function problem({ type, valueTag }: NameAttribute): string | undefined {
  if (!directoryStrings.has(type) || valueTag === tag.utf8String || valueTag === tag.printableString)
    return undefined;
  return `the attribute ${type} is neither a PrintableString nor a UTF8String`;
}
