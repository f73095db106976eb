import type { OcspLint } from './ocsp-lint.js';

/** byKey is the SHA-1 of the responder's key. */
export const ocspResponderIdLint: OcspLint = {
  name: 'ocsp-responder-id',
  citation: 'RFC 6960 §4.2.1',
  check: ({ responderKeyHash }) =>
    responderKeyHash?.length === 20 ? undefined : 'the responder is not named by the SHA-1 of its key',
};
