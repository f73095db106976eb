import { keyUsageBits } from '../key-usage-bits.js';
import { everyKind, type Lint } from '../lint.js';

const signatures =
  keyUsageBits.digitalSignature |
  keyUsageBits.nonRepudiation |
  keyUsageBits.keyCertSign |
  keyUsageBits.cRLSign;

/** An Ed25519 key signs, and that is all. */
export const keyUsageEd25519Lint: Lint = {
  name: 'key-usage-ed25519',
  citation: 'RFC 8410 §5',
  kinds: everyKind,
  check: ({ publicKey, keyUsage = 0 }) =>
    publicKey.algorithm === 'Ed25519' && (keyUsage & ~signatures) !== 0
      ? 'the keyUsage of an Ed25519 key has more than signatures'
      : undefined,
};
