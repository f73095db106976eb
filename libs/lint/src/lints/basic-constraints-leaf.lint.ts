import type { Lint } from '../lint.js';

export const basicConstraintsLeafLint: Lint = {
  name: 'basic-constraints-leaf',
  citation: 'RFC 5280 §4.2.1.9',
  kinds: ['leaf'],
  check: ({ basicConstraints }) =>
    basicConstraints?.ca === true ? 'a leaf has cA in its basicConstraints' : undefined,
};
