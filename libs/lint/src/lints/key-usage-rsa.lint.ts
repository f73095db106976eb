import { keyUsageBits } from '../key-usage-bits.js';
import { everyKind, type Lint } from '../lint.js';

const agreement = keyUsageBits.keyAgreement | keyUsageBits.encipherOnly | keyUsageBits.decipherOnly;

/** There is no key agreement with an RSA key. */
export const keyUsageRsaLint: Lint = {
  name: 'key-usage-rsa',
  citation: 'RFC 3279 §2.3.1',
  kinds: everyKind,
  check: ({ publicKey, keyUsage = 0 }) =>
    publicKey.algorithm === 'RSA' && (keyUsage & agreement) !== 0
      ? 'the keyUsage of an RSA key has key agreement'
      : undefined,
};
