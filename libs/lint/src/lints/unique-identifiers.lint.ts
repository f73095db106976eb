import { everyKind, type FrameLint } from '../lint.js';

export const uniqueIdentifiersLint: FrameLint = {
  name: 'unique-identifiers',
  citation: 'RFC 5280 §4.1.2.8',
  reads: 'frame',
  kinds: everyKind,
  check: ({ hasUniqueId }) => (hasUniqueId ? 'there is a unique identifier' : undefined),
};
