import type { Lint } from '../lint.js';

/** An intermediate of this product issues leaves only: its path length is 0. */
export const intermediatePathLengthLint: Lint = {
  name: 'intermediate-path-length',
  citation: 'RFC 5280 §4.2.1.9',
  kinds: ['intermediate'],
  check: ({ basicConstraints }) =>
    basicConstraints?.pathLength === 0 ? undefined : 'the path length of an intermediate is not 0',
};
