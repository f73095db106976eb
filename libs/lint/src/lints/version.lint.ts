import { everyKind, type Lint } from '../lint.js';

/** A certificate with extensions is v3. */
export const versionLint: Lint = {
  name: 'version',
  citation: 'RFC 5280 §4.1.2.1',
  kinds: everyKind,
  check: ({ fields: { version } }) => (version === 2 ? undefined : `the version is v${version + 1}, not v3`),
};
