import { oid, tag } from '#libs/x509';
import type { CrlLint } from './crl-lint.js';
import { distributionPointProblem } from './distribution-point-problem.js';

/** Where the delta CRL is: never critical, never in a delta CRL. */
export const crlFreshestLint: CrlLint = {
  name: 'crl-freshest',
  citation: 'RFC 5280 §5.2.6',
  reads: 'crl',
  check({ extensions }) {
    const what = 'the freshestCRL';
    const found = extensions.find((each) => each.oid === oid.freshestCRL);
    if (found === undefined) return undefined;
    if (found.critical) return `${what} is critical`;
    if (extensions.some((each) => each.oid === oid.deltaCRLIndicator)) return `${what} is in a delta CRL`;
    const reader = found.value.reader();
    const outer = reader.enter(tag.sequence, what);
    const point = reader.enter(tag.sequence, what);
    const problem = distributionPointProblem(reader, what);
    if (problem !== undefined) return problem;
    reader.leave(point, what);
    reader.leave(outer, what);
    return undefined;
  },
};
