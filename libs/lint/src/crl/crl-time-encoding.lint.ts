import type { CrlLint } from './crl-lint.js';

const year2050 = Date.UTC(2050, 0, 1);

/** UTCTime through 2049, GeneralizedTime from then on. */
export const crlTimeEncodingLint: CrlLint = {
  name: 'crl-time-encoding',
  citation: 'RFC 5280 §5.1.2.4',
  reads: 'crl',
  check: ({ thisUpdate, nextUpdate }) =>
    [thisUpdate, nextUpdate].some((time) => time !== undefined && time.generalized !== time.at >= year2050)
      ? 'a time is UTCTime after 2049, or GeneralizedTime before 2050'
      : undefined,
};
