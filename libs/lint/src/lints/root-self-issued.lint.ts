import type { FrameLint } from '../lint.js';

export const rootSelfIssuedLint: FrameLint = {
  name: 'root-self-issued',
  citation: 'RFC 5280 §3.2',
  reads: 'frame',
  kinds: ['root'],
  check: ({ issuer, subject }) =>
    issuer.equals(subject) ? undefined : 'the issuer of a root is not its subject',
};
