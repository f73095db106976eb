import { keyUsageBits } from '../key-usage-bits.js';
import type { FrameLint } from '../lint.js';

/** Without cA in basicConstraints the key must not verify certificates. */
export const keyUsageLeafLint: FrameLint = {
  name: 'key-usage-leaf',
  citation: 'RFC 5280 §4.2.1.9',
  reads: 'frame',
  kinds: ['leaf', 'ocsp-responder'],
  check: ({ keyUsage = 0 }) =>
    (keyUsage & (keyUsageBits.keyCertSign | keyUsageBits.cRLSign)) === 0
      ? undefined
      : "the leaf's keyUsage has keyCertSign or cRLSign",
};
