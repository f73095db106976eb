import { everyKind, type FrameLint } from '../lint.js';

export const issuerNotEmptyLint: FrameLint = {
  name: 'issuer-not-empty',
  citation: 'RFC 5280 §4.1.2.4',
  reads: 'frame',
  kinds: everyKind,
  // An empty SEQUENCE has a header and nothing else.
  check: ({ issuer }) => (issuer.length <= 2 ? 'the issuer is empty' : undefined),
};
