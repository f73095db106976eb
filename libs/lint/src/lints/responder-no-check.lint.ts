import { oid, tag } from '#libs/x509';
import type { FrameLint } from '../lint.js';

/** Nobody but the responder itself could say whether it is revoked: relying parties are told not to ask. */
export const responderNoCheckLint: FrameLint = {
  name: 'responder-no-check',
  citation: 'RFC 6960 §4.2.2.2.1',
  reads: 'frame',
  kinds: ['ocsp-responder'],
  check(frame) {
    const value = frame.value(oid.ocspNoCheck);
    if (value === undefined) return 'the responder has no id-pkix-ocsp-nocheck';
    if (frame.critical(oid.ocspNoCheck) === true) return 'id-pkix-ocsp-nocheck is critical';
    const reader = value.reader();
    if (reader.content(tag.null, 'id-pkix-ocsp-nocheck').length > 0) {
      return 'id-pkix-ocsp-nocheck is not an empty NULL';
    }
    reader.end('id-pkix-ocsp-nocheck');
    return undefined;
  },
};
