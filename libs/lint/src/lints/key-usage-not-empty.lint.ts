import { everyKind, type FrameLint } from '../lint.js';

export const keyUsageNotEmptyLint: FrameLint = {
  name: 'key-usage-not-empty',
  citation: 'RFC 5280 §4.2.1.3',
  reads: 'frame',
  kinds: everyKind,
  check: ({ keyUsage }) => (keyUsage === 0 ? 'the keyUsage has no bit set' : undefined),
};
