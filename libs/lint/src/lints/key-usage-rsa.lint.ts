import { keyUsageBits } from '../key-usage-bits.js';
import { everyKind, type FrameLint } from '../lint.js';

const agreement = keyUsageBits.keyAgreement | keyUsageBits.encipherOnly | keyUsageBits.decipherOnly;

/** There is no key agreement with an RSA key. */
export const keyUsageRsaLint: FrameLint = {
  name: 'key-usage-rsa',
  citation: 'RFC 3279 §2.3.1',
  reads: 'frame',
  kinds: everyKind,
  check: ({ keyAlgorithm, keyUsage = 0 }) =>
    keyAlgorithm === 'RSA' && (keyUsage & agreement) !== 0
      ? 'the keyUsage of an RSA key has key agreement'
      : undefined,
};
