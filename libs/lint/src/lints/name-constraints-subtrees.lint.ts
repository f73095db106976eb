import { constructedContextTag, generalNameTag, oid, tag } from '#libs/x509';
import { authorities, type FrameLint } from '../lint.js';

/** At least one subtree; minimum 0 and no maximum, which DER does not write; addresses with their mask. */
export const nameConstraintsSubtreesLint: FrameLint = {
  name: 'name-constraints-subtrees',
  citation: 'RFC 5280 §4.2.1.10',
  reads: 'frame',
  kinds: authorities,
  check(frame) {
    const value = frame.value(oid.nameConstraints);
    if (value === undefined) return undefined;
    const what = 'the nameConstraints';
    const reader = value.reader();
    const outer = reader.enter(tag.sequence, what);
    if (!reader.more) return `${what} are empty`;
    for (const side of [constructedContextTag(0), constructedContextTag(1)]) {
      if (reader.peek() !== side) continue;
      const trees = reader.enter(side, what);
      if (!reader.more) return `${what} have an empty list`;
      while (reader.more) {
        const tree = reader.enter(tag.sequence, what);
        const kind = reader.next(what);
        const octets = reader.stop - reader.start;
        if (kind === generalNameTag.ipAddress && octets !== 8 && octets !== 32) {
          return `${what} have an address of ${octets} octets, not 8 or 32`;
        }
        if (reader.more) return `${what} have a subtree with a minimum or maximum`;
        reader.leave(tree, what);
      }
      reader.leave(trees, what);
    }
    reader.leave(outer, what);
    return undefined;
  },
};
