import { extensionCases } from './extension-cases.js';
import { fieldCases } from './field-cases.js';
import { keyUsageCases } from './key-usage-cases.js';
import type { LintCase } from './lint-case.js';
import { nameCases } from './name-cases.js';
import { responderCases } from './responder-cases.js';

/** Boundary test data of every lint, by its name. */
export const lintCases: Readonly<Record<string, readonly LintCase[]>> = {
  ...fieldCases,
  ...nameCases,
  ...keyUsageCases,
  ...extensionCases,
  ...responderCases,
};
