import { everyKind, type Lint } from '../lint.js';

export const uniqueIdentifiersLint: Lint = {
  name: 'unique-identifiers',
  citation: 'RFC 5280 §4.1.2.8',
  kinds: everyKind,
  check: ({ fields: { hasUniqueId } }) => (hasUniqueId ? 'there is a unique identifier' : undefined),
};
