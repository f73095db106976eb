import { keyUsageBits } from '../key-usage-bits.js';
import { everyKind, type Lint } from '../lint.js';

/** An elliptic curve key enciphers nothing. */
export const keyUsageEcLint: Lint = {
  name: 'key-usage-ec',
  citation: 'RFC 8813 §3',
  kinds: everyKind,
  check: ({ publicKey, keyUsage = 0 }) =>
    publicKey.algorithm.startsWith('P-') &&
    (keyUsage & (keyUsageBits.keyEncipherment | keyUsageBits.dataEncipherment)) !== 0
      ? 'the keyUsage of an elliptic curve key has keyEncipherment or dataEncipherment'
      : undefined,
};
