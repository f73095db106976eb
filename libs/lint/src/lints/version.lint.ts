import { everyKind, type FrameLint } from '../lint.js';

/** A certificate with extensions is v3. */
export const versionLint: FrameLint = {
  name: 'version',
  citation: 'RFC 5280 §4.1.2.1',
  reads: 'frame',
  kinds: everyKind,
  check: ({ version }) => (version === 2 ? undefined : `the version is v${version + 1}, not v3`),
};
