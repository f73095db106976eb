import { keyUsageBits } from '../key-usage-bits.js';
import { everyKind, type FrameLint } from '../lint.js';

/** An elliptic curve key enciphers nothing. */
export const keyUsageEcLint: FrameLint = {
  name: 'key-usage-ec',
  citation: 'RFC 8813 §3',
  reads: 'frame',
  kinds: everyKind,
  check: ({ keyAlgorithm, keyUsage = 0 }) =>
    keyAlgorithm?.startsWith('P-') &&
    (keyUsage & (keyUsageBits.keyEncipherment | keyUsageBits.dataEncipherment)) !== 0
      ? 'the keyUsage of an elliptic curve key has keyEncipherment or dataEncipherment'
      : undefined,
};
