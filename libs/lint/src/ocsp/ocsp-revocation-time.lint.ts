import type { OcspLint } from './ocsp-lint.js';

/** A certificate is revoked since some time before the response. */
export const ocspRevocationTimeLint: OcspLint = {
  name: 'ocsp-revocation-time',
  citation: 'RFC 6960 §2.2',
  check: ({ producedAt, responses }) =>
    responses.some(({ revokedAt }) => revokedAt !== undefined && revokedAt > producedAt)
      ? 'a revocation time is after producedAt'
      : undefined,
};
