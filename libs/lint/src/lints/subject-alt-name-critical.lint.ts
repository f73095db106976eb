import { oid } from '#libs/x509';
import { everyKind, type FrameLint } from '../lint.js';

/** Where the subject is empty the names are in a critical subjectAltName; otherwise it should not be critical. */
export const subjectAltNameCriticalLint: FrameLint = {
  name: 'subject-alt-name-critical',
  citation: 'RFC 5280 §4.2.1.6',
  reads: 'frame',
  kinds: everyKind,
  check(frame) {
    const empty = frame.subject.length <= 2;
    const critical = frame.critical(oid.subjectAltName);
    if (empty && critical !== true) return 'the subject is empty, and there is no critical subjectAltName';
    return !empty && critical === true ? 'the subjectAltName is critical beside a subject' : undefined;
  },
};
