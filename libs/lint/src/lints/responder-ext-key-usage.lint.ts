import { oid, oidOfContent, tag } from '#libs/x509';
import type { FrameLint } from '../lint.js';

/** A delegated responder is one by OCSPSigning; anything more would let its key do more. */
export const responderExtKeyUsageLint: FrameLint = {
  name: 'responder-ext-key-usage',
  citation: 'RFC 6960 §4.2.2.2',
  reads: 'frame',
  kinds: ['ocsp-responder'],
  check(frame) {
    const what = "the responder's extKeyUsage";
    const value = frame.value(oid.extKeyUsage);
    if (value === undefined) return 'the responder has no extKeyUsage';
    const reader = value.reader();
    const outer = reader.enter(tag.sequence, what);
    reader.read(tag.objectIdentifier, what);
    const purpose = oidOfContent(reader.bytes, reader.start, reader.stop);
    if (purpose !== oid.ocspSigning || reader.more) return `${what} is not OCSPSigning alone`;
    reader.leave(outer, what);
    return undefined;
  },
};
