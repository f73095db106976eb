import { keyUsageBits } from '../key-usage-bits.js';
import type { Lint } from '../lint.js';

/** Without cA in basicConstraints the key must not verify certificates. */
export const keyUsageLeafLint: Lint = {
  name: 'key-usage-leaf',
  citation: 'RFC 5280 §4.2.1.9',
  kinds: ['leaf'],
  check: ({ keyUsage = 0 }) =>
    (keyUsage & (keyUsageBits.keyCertSign | keyUsageBits.cRLSign)) === 0
      ? undefined
      : "the leaf's keyUsage has keyCertSign or cRLSign",
};
