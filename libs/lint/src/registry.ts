import type { Lint } from './lint.js';
import { serialNumberLint } from './lints/serial-number.lint.js';

/** Every lint, one a clause; a lint that is not here checks nothing. */
export const lints: readonly Lint[] = [serialNumberLint];
