import type { FrameLint } from '../lint.js';

/** A self-issued certificate under a CA would make paths through it ambiguous: only a root is one here. */
export const issuerDiffersLint: FrameLint = {
  name: 'issuer-differs',
  citation: 'RFC 5280 §3.2',
  reads: 'frame',
  kinds: ['leaf', 'intermediate', 'ocsp-responder'],
  check: ({ issuer, subject }) =>
    issuer.equals(subject) ? 'the certificate names itself as its issuer' : undefined,
};
