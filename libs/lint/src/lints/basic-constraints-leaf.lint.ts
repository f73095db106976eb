import type { FrameLint } from '../lint.js';

export const basicConstraintsLeafLint: FrameLint = {
  name: 'basic-constraints-leaf',
  citation: 'RFC 5280 §4.2.1.9',
  reads: 'frame',
  kinds: ['leaf', 'ocsp-responder'],
  check: ({ basicConstraints }) =>
    basicConstraints?.ca === true ? 'a leaf has cA in its basicConstraints' : undefined,
};
