import type { OcspLint } from './ocsp-lint.js';

/** Nothing is said of a time after the response was made. */
export const ocspProducedAtLint: OcspLint = {
  name: 'ocsp-produced-at',
  citation: 'RFC 6960 §4.2.2.1',
  check: ({ producedAt, responses }) =>
    responses.some(({ thisUpdate }) => thisUpdate > producedAt)
      ? 'a thisUpdate is after producedAt'
      : undefined,
};
