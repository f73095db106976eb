import { authorities, type FrameLint } from '../lint.js';

/** A CA must have a name that its certificates can carry as their issuer. */
export const subjectNotEmptyLint: FrameLint = {
  name: 'subject-not-empty',
  citation: 'RFC 5280 §4.1.2.6',
  reads: 'frame',
  kinds: authorities,
  check: ({ subject }) => (subject.length <= 2 ? "the CA's subject is empty" : undefined),
};
