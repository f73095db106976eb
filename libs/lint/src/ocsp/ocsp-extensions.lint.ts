import type { OcspLint } from './ocsp-lint.js';

/** What a relying party would have to understand, once each. */
export const ocspExtensionsLint: OcspLint = {
  name: 'ocsp-extensions',
  citation: 'RFC 6960 §4.4',
  check({ extensions }) {
    const types = extensions.map((each) => each.oid);
    if (new Set(types).size < types.length) return 'an extension is there twice';
    const critical = extensions.find((each) => each.critical);
    return critical === undefined ? undefined : `the extension ${critical.oid} is critical`;
  },
};
