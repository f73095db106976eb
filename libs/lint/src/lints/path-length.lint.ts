import { keyUsageBits } from '../key-usage-bits.js';
import { everyKind, type FrameLint } from '../lint.js';

/** pathLenConstraint means something only with cA and keyCertSign. */
export const pathLengthLint: FrameLint = {
  name: 'path-length',
  citation: 'RFC 5280 §4.2.1.9',
  reads: 'frame',
  kinds: everyKind,
  check({ basicConstraints, keyUsage = 0 }) {
    if (basicConstraints?.pathLength === undefined) return undefined;
    return basicConstraints.ca && (keyUsage & keyUsageBits.keyCertSign) !== 0
      ? undefined
      : 'there is a path length without cA and keyCertSign';
  },
};
