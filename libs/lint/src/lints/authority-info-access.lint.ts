import { oid, oidOfContent, tag } from '#libs/x509';
import type { FrameLint } from '../lint.js';
import { httpProblem, uriTag } from '../walk.js';

/** Never critical, never empty; OCSP and caIssuers are offered by http. */
export const authorityInfoAccessLint: FrameLint = {
  name: 'authority-info-access',
  citation: 'RFC 5280 §4.2.2.1',
  reads: 'frame',
  kinds: ['leaf', 'intermediate'],
  check(frame) {
    const what = 'authorityInfoAccess';
    const value = frame.value(oid.authorityInfoAccess);
    if (value === undefined) return `there is no ${what}`;
    if (frame.critical(oid.authorityInfoAccess) === true) return `${what} is critical`;
    const reader = value.reader();
    reader.enter(tag.sequence, what);
    if (!reader.more) return `${what} is empty`;
    while (reader.more) {
      const access = reader.enter(tag.sequence, what);
      reader.read(tag.objectIdentifier, what);
      const method = oidOfContent(reader.bytes, reader.start, reader.stop);
      if (method !== oid.ocsp && method !== oid.caIssuers) return `${what} has the unknown method ${method}`;
      reader.read(uriTag, what);
      const problem = httpProblem(reader.bytes, reader.start, reader.stop);
      if (problem !== undefined) return `a location of ${what} ${problem}`;
      reader.leave(access, what);
    }
    return undefined;
  },
};
