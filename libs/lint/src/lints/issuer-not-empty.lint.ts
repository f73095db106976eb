import { everyKind, type Lint } from '../lint.js';

export const issuerNotEmptyLint: Lint = {
  name: 'issuer-not-empty',
  citation: 'RFC 5280 §4.1.2.4',
  kinds: everyKind,
  // An empty SEQUENCE has a header and nothing else.
  check: ({ fields: { issuer } }) => (issuer.length <= 2 ? 'the issuer is empty' : undefined),
};
