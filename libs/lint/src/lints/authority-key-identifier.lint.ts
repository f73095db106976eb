import { contextTag, oid, tag } from '#libs/x509';
import type { FrameLint } from '../lint.js';

/** Every certificate but a self-signed one says which key signed it, by the keyIdentifier; never critical. */
export const authorityKeyIdentifierLint: FrameLint = {
  name: 'authority-key-identifier',
  citation: 'RFC 5280 §4.2.1.1',
  reads: 'frame',
  kinds: ['leaf', 'intermediate', 'ocsp-responder'],
  check(frame) {
    const value = frame.value(oid.authorityKeyIdentifier);
    if (value === undefined) return 'there is no authorityKeyIdentifier';
    if (frame.critical(oid.authorityKeyIdentifier) === true) return 'the authorityKeyIdentifier is critical';
    const reader = value.reader();
    reader.enter(tag.sequence, 'the authorityKeyIdentifier');
    if (reader.peek() !== contextTag(0)) return 'the authorityKeyIdentifier has no keyIdentifier';
    reader.read(contextTag(0), 'the keyIdentifier');
    return reader.start === reader.stop ? 'the keyIdentifier is empty' : undefined;
  },
};
