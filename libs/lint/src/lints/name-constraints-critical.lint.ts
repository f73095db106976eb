import { oid } from '#libs/x509';
import { authorities, type FrameLint } from '../lint.js';

export const nameConstraintsCriticalLint: FrameLint = {
  name: 'name-constraints-critical',
  citation: 'RFC 5280 §4.2.1.10',
  reads: 'frame',
  kinds: authorities,
  check: (frame) =>
    frame.critical(oid.nameConstraints) === false ? 'the nameConstraints are not critical' : undefined,
};
