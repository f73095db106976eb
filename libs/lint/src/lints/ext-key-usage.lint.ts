import { oid, oidOfContent, tag } from '#libs/x509';
import { everyKind, type Lint } from '../lint.js';

const anyExtendedKeyUsage = '2.5.29.37.0';

/** At least one purpose, each once; not critical where any purpose is among them. */
export const extKeyUsageLint: Lint = {
  name: 'ext-key-usage',
  citation: 'RFC 5280 §4.2.1.12',
  kinds: everyKind,
  check(certificate) {
    const extension = certificate.extension(oid.extKeyUsage);
    if (extension === undefined) return undefined;
    const purposes: string[] = [];
    const reader = extension.value.reader();
    reader.enter(tag.sequence, 'extKeyUsage');
    while (reader.more) {
      reader.read(tag.objectIdentifier, 'extKeyUsage');
      const purpose = oidOfContent(reader.bytes, reader.start, reader.stop);
      if (purposes.includes(purpose)) return `extKeyUsage has ${purpose} twice`;
      purposes.push(purpose);
    }
    if (purposes.length === 0) return 'extKeyUsage is empty';
    return extension.critical && purposes.includes(anyExtendedKeyUsage)
      ? 'extKeyUsage is critical and has any purpose'
      : undefined;
  },
};
