import { oid, tag } from '#libs/x509';
import type { CrlLint } from './crl-lint.js';
import { distributionPointProblem } from './distribution-point-problem.js';

/** A shard says which certificates it is about, and who does not understand that must not use it. */
export const crlIssuingDistributionPointLint: CrlLint = {
  name: 'crl-issuing-distribution-point',
  citation: 'RFC 5280 §5.2.5',
  reads: 'crl',
  check({ extensions }) {
    const what = 'the issuingDistributionPoint';
    const found = extensions.find((each) => each.oid === oid.issuingDistributionPoint);
    if (found === undefined) return undefined;
    if (!found.critical) return `${what} is not critical`;
    const reader = found.value.reader();
    const outer = reader.enter(tag.sequence, what);
    if (!reader.more) return `${what} is empty`;
    const problem = distributionPointProblem(reader, what);
    if (problem !== undefined) return problem;
    reader.leave(outer, what);
    return undefined;
  },
};
