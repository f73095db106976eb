import { keyUsageBits } from '../key-usage-bits.js';
import { authorities, type FrameLint } from '../lint.js';

/** A key that verifies certificates has keyCertSign, one that verifies CRLs cRLSign; a CA here does both. */
export const keyUsageAuthorityLint: FrameLint = {
  name: 'key-usage-authority',
  citation: 'RFC 5280 §4.2.1.3',
  reads: 'frame',
  kinds: authorities,
  check({ keyUsage = 0 }) {
    if ((keyUsage & keyUsageBits.keyCertSign) === 0) return "the CA's keyUsage has no keyCertSign";
    return (keyUsage & keyUsageBits.cRLSign) === 0 ? "the CA's keyUsage has no cRLSign" : undefined;
  },
};
