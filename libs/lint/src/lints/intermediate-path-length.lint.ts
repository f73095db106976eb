import type { FrameLint } from '../lint.js';

/** An intermediate of this product issues leaves only: its path length is 0. */
export const intermediatePathLengthLint: FrameLint = {
  name: 'intermediate-path-length',
  citation: 'RFC 5280 §4.2.1.9',
  reads: 'frame',
  kinds: ['intermediate'],
  check: ({ basicConstraints }) =>
    basicConstraints?.pathLength === 0 ? undefined : 'the path length of an intermediate is not 0',
};
