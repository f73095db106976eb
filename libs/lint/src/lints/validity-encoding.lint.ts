import type { CertificateTime } from '#libs/x509';
import { type CertificateLint, everyKind } from '../lint.js';

/** 2050-01-01T00:00:00Z: from here on GeneralizedTime, before it UTCTime. */
const turn = Date.UTC(2050, 0, 1);

export const validityEncodingLint: CertificateLint = {
  name: 'validity-encoding',
  citation: 'RFC 5280 §4.1.2.5',
  reads: 'certificate',
  kinds: everyKind,
  check: ({ fields: { notBefore, notAfter } }) =>
    problem('notBefore', notBefore) ?? problem('notAfter', notAfter),
};

function problem(what: string, { at, generalized }: CertificateTime): string | undefined {
  if (at >= turn === generalized) return undefined;
  return generalized ? `${what} is a GeneralizedTime before 2050` : `${what} is a UTCTime after 2049`;
}
