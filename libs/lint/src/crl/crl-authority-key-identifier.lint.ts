import { contextTag, oid, tag } from '#libs/x509';
import type { CrlLint } from './crl-lint.js';

/** Which of the CA's keys signed it. */
export const crlAuthorityKeyIdentifierLint: CrlLint = {
  name: 'crl-authority-key-identifier',
  citation: 'RFC 5280 §5.2.1',
  reads: 'crl',
  check({ extensions }) {
    const found = extensions.find((each) => each.oid === oid.authorityKeyIdentifier);
    if (found === undefined) return 'there is no authorityKeyIdentifier';
    if (found.critical) return 'the authorityKeyIdentifier is critical';
    const reader = found.value.reader();
    const outer = reader.enter(tag.sequence, 'the authorityKeyIdentifier');
    const identifier = reader.content(contextTag(0), 'the keyIdentifier');
    reader.leave(outer, 'the authorityKeyIdentifier');
    return identifier.length > 0 ? undefined : 'the keyIdentifier is empty';
  },
};
