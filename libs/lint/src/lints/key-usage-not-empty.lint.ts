import { everyKind, type Lint } from '../lint.js';

export const keyUsageNotEmptyLint: Lint = {
  name: 'key-usage-not-empty',
  citation: 'RFC 5280 §4.2.1.3',
  kinds: everyKind,
  check: ({ keyUsage }) => (keyUsage === 0 ? 'the keyUsage has no bit set' : undefined),
};
