import type { OcspLint } from './ocsp-lint.js';

/** Each answer says until when it may be kept, and that is later than it was true. */
export const ocspNextUpdateLint: OcspLint = {
  name: 'ocsp-next-update',
  citation: 'RFC 5019 §2.2.4',
  check({ responses }) {
    for (const { thisUpdate, nextUpdate } of responses) {
      if (nextUpdate === undefined) return 'a response has no nextUpdate';
      if (nextUpdate <= thisUpdate) return 'a nextUpdate is not after its thisUpdate';
    }
    return undefined;
  },
};
