import { oid, oidOfContent, tag } from '#libs/x509';
import type { Lint } from '../lint.js';
import { httpProblem, uriTag } from '../walk.js';

/** Never critical, never empty; OCSP and caIssuers are offered by http. */
export const authorityInfoAccessLint: Lint = {
  name: 'authority-info-access',
  citation: 'RFC 5280 §4.2.2.1',
  kinds: ['leaf', 'intermediate'],
  check(certificate) {
    const what = 'authorityInfoAccess';
    const extension = certificate.extension(oid.authorityInfoAccess);
    if (extension === undefined) return `there is no ${what}`;
    if (extension.critical) return `${what} is critical`;
    const reader = extension.value.reader();
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
