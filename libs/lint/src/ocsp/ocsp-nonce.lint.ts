import type { OcspLint } from './ocsp-lint.js';

/** A nonce has 1 to 128 octets. */
export const ocspNonceLint: OcspLint = {
  name: 'ocsp-nonce',
  citation: 'RFC 9654 §2.1',
  check: ({ nonce }) =>
    nonce === undefined || (nonce.length >= 1 && nonce.length <= 128)
      ? undefined
      : `the nonce has ${nonce.length} octets`,
};
