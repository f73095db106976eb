import { oid } from '#libs/x509';
import type { FrameLint } from '../lint.js';

/** Only in the certificates of CAs. */
export const nameConstraintsAuthorityLint: FrameLint = {
  name: 'name-constraints-authority',
  citation: 'RFC 5280 §4.2.1.10',
  reads: 'frame',
  kinds: ['leaf'],
  check: (frame) =>
    frame.critical(oid.nameConstraints) === undefined ? undefined : 'a leaf has nameConstraints',
};
