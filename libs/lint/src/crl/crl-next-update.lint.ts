import type { CrlLint } from './crl-lint.js';

/** Relying parties must know when to ask again, and that is later. */
export const crlNextUpdateLint: CrlLint = {
  name: 'crl-next-update',
  citation: 'RFC 5280 §5.1.2.5',
  reads: 'crl',
  check({ thisUpdate, nextUpdate }) {
    if (nextUpdate === undefined) return 'there is no nextUpdate';
    return nextUpdate.at > thisUpdate.at ? undefined : 'nextUpdate is not after thisUpdate';
  },
};
