import { keyUsageBits } from '../key-usage-bits.js';
import { everyKind, type FrameLint } from '../lint.js';

const signatures =
  keyUsageBits.digitalSignature |
  keyUsageBits.nonRepudiation |
  keyUsageBits.keyCertSign |
  keyUsageBits.cRLSign;

/** An Ed25519 key signs, and that is all. */
export const keyUsageEd25519Lint: FrameLint = {
  name: 'key-usage-ed25519',
  citation: 'RFC 8410 §5',
  reads: 'frame',
  kinds: everyKind,
  check: ({ keyAlgorithm, keyUsage = 0 }) =>
    keyAlgorithm === 'Ed25519' && (keyUsage & ~signatures) !== 0
      ? 'the keyUsage of an Ed25519 key has more than signatures'
      : undefined,
};
