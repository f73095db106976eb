import type { OcspLint } from './ocsp-lint.js';

/** A response answers something. */
export const ocspResponsesNotEmptyLint: OcspLint = {
  name: 'ocsp-responses-not-empty',
  citation: 'RFC 6960 §4.2.1',
  check: ({ responses }) => (responses.length > 0 ? undefined : 'there is no response'),
};
