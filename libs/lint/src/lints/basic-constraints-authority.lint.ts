import { oid } from '#libs/x509';
import { authorities, type FrameLint } from '../lint.js';

export const basicConstraintsAuthorityLint: FrameLint = {
  name: 'basic-constraints-authority',
  citation: 'RFC 5280 §4.2.1.9',
  reads: 'frame',
  kinds: authorities,
  check(frame) {
    const critical = frame.critical(oid.basicConstraints);
    if (critical === undefined) return 'a CA has no basicConstraints';
    if (!critical) return 'the basicConstraints of a CA are not critical';
    return frame.basicConstraints?.ca === true ? undefined : 'the basicConstraints of a CA lack cA';
  },
};
