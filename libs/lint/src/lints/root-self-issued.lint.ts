import type { Lint } from '../lint.js';

export const rootSelfIssuedLint: Lint = {
  name: 'root-self-issued',
  citation: 'RFC 5280 §3.2',
  kinds: ['root'],
  check: ({ fields: { issuer, subject } }) =>
    issuer.equals(subject) ? undefined : 'the issuer of a root is not its subject',
};
