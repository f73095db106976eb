import { oid, oidOfContent, tag } from '#libs/x509';
import { everyKind, type FrameLint } from '../lint.js';

const anyExtendedKeyUsage = '2.5.29.37.0';

/** At least one purpose, each once; not critical where any purpose is among them. */
export const extKeyUsageLint: FrameLint = {
  name: 'ext-key-usage',
  citation: 'RFC 5280 §4.2.1.12',
  reads: 'frame',
  kinds: everyKind,
  check(frame) {
    const value = frame.value(oid.extKeyUsage);
    if (value === undefined) return undefined;
    const purposes: string[] = [];
    const reader = value.reader();
    reader.enter(tag.sequence, 'extKeyUsage');
    while (reader.more) {
      reader.read(tag.objectIdentifier, 'extKeyUsage');
      const purpose = oidOfContent(reader.bytes, reader.start, reader.stop);
      if (purposes.includes(purpose)) return `extKeyUsage has ${purpose} twice`;
      purposes.push(purpose);
    }
    if (purposes.length === 0) return 'extKeyUsage is empty';
    return frame.critical(oid.extKeyUsage) === true && purposes.includes(anyExtendedKeyUsage)
      ? 'extKeyUsage is critical and has any purpose'
      : undefined;
  },
};
