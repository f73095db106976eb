import type { CrlLint } from './crl-lint.js';

/** An extension may be there once. */
export const crlExtensionsUniqueLint: CrlLint = {
  name: 'crl-extensions-unique',
  citation: 'RFC 5280 §4.2',
  reads: 'crl',
  check({ extensions }) {
    const types = extensions.map((each) => each.oid);
    const twice = types.find((type, index) => types.indexOf(type) !== index);
    return twice === undefined ? undefined : `the extension ${twice} is there twice`;
  },
};
