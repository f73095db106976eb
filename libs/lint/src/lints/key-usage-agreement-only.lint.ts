import { keyUsageBits } from '../key-usage-bits.js';
import { everyKind, type FrameLint } from '../lint.js';

const only = keyUsageBits.encipherOnly | keyUsageBits.decipherOnly;

/** encipherOnly and decipherOnly mean nothing without keyAgreement. */
export const keyUsageAgreementOnlyLint: FrameLint = {
  name: 'key-usage-agreement-only',
  citation: 'RFC 5280 §4.2.1.3',
  reads: 'frame',
  kinds: everyKind,
  check: ({ keyUsage = 0 }) =>
    (keyUsage & only) !== 0 && (keyUsage & keyUsageBits.keyAgreement) === 0
      ? 'the keyUsage has encipherOnly or decipherOnly without keyAgreement'
      : undefined,
};
