import { constructedContextTag, oid, tag } from '#libs/x509';
import type { Lint } from '../lint.js';
import { httpProblem, uriTag } from '../walk.js';

/** Not critical; every point says where by a fullName, and that by http. */
export const crlDistributionPointsLint: Lint = {
  name: 'crl-distribution-points',
  citation: 'RFC 5280 §4.2.1.13',
  kinds: ['leaf', 'intermediate'],
  check(certificate) {
    const what = 'cRLDistributionPoints';
    const extension = certificate.extension(oid.crlDistributionPoints);
    if (extension === undefined) return `there are no ${what}`;
    if (extension.critical) return `the ${what} are critical`;
    const reader = extension.value.reader();
    reader.enter(tag.sequence, what);
    if (!reader.more) return `the ${what} are empty`;
    while (reader.more) {
      const point = reader.enter(tag.sequence, what);
      if (reader.peek() !== constructedContextTag(0)) return `one of the ${what} does not say where`;
      const name = reader.enter(constructedContextTag(0), what);
      const fullName = reader.enter(constructedContextTag(0), what);
      while (reader.more) {
        reader.read(uriTag, what);
        const problem = httpProblem(reader.bytes, reader.start, reader.stop);
        if (problem !== undefined) return `one of the ${what} ${problem}`;
      }
      reader.leave(fullName, what);
      reader.leave(name, what);
      reader.position = reader.limit;
      reader.leave(point, what);
    }
    return undefined;
  },
};
