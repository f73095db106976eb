import { oid, oidOfContent, tag } from '#libs/x509';
import type { FrameLint } from '../lint.js';

/** A certificate that says that nobody tells of its revocation names no place to ask. */
export const noRevAvailLint: FrameLint = {
  name: 'no-rev-avail',
  citation: 'RFC 9608 §2',
  reads: 'frame',
  kinds: ['leaf', 'intermediate'],
  check(frame) {
    const value = frame.value(oid.noRevAvail);
    if (value === undefined) return undefined;
    if (frame.critical(oid.noRevAvail) === true) return 'noRevAvail is critical';
    if (frame.basicConstraints?.ca === true) return 'a CA has noRevAvail';
    const reader = value.reader();
    if (reader.content(tag.null, 'noRevAvail').length > 0) return 'noRevAvail is not an empty NULL';
    if (frame.value(oid.crlDistributionPoints) !== undefined)
      return 'it has noRevAvail and cRLDistributionPoints';
    if (frame.value(oid.freshestCRL) !== undefined) return 'it has noRevAvail and freshestCRL';
    const access = frame.value(oid.authorityInfoAccess)?.reader();
    access?.enter(tag.sequence, 'authorityInfoAccess');
    while (access?.more) {
      const description = access.enter(tag.sequence, 'authorityInfoAccess');
      access.read(tag.objectIdentifier, 'authorityInfoAccess');
      if (oidOfContent(access.bytes, access.start, access.stop) === oid.ocsp)
        return 'it has noRevAvail and OCSP';
      access.next('authorityInfoAccess');
      access.leave(description, 'authorityInfoAccess');
    }
    return undefined;
  },
};
