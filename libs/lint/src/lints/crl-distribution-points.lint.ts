import { constructedContextTag, oid, tag } from '#libs/x509';
import type { FrameLint } from '../lint.js';
import { httpProblem, uriTag } from '../walk.js';

/** Not critical; every point says where by a fullName, and that by http. */
export const crlDistributionPointsLint: FrameLint = {
  name: 'crl-distribution-points',
  citation: 'RFC 5280 §4.2.1.13',
  reads: 'frame',
  kinds: ['leaf', 'intermediate'],
  check(frame) {
    const what = 'cRLDistributionPoints';
    const value = frame.value(oid.crlDistributionPoints);
    // RFC 9608 §2: a certificate may say that nobody tells of its revocation.
    if (value === undefined) {
      return frame.value(oid.noRevAvail) === undefined ? `there are no ${what}` : undefined;
    }
    if (frame.critical(oid.crlDistributionPoints) === true) return `the ${what} are critical`;
    const reader = value.reader();
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
