import { oid } from '#libs/x509';
import type { CrlLint } from './crl-lint.js';
import { numberOctets } from './crl-number-octets.js';

/** A number of at most 20 octets, so that the newest can be told. */
export const crlNumberLint: CrlLint = {
  name: 'crl-number',
  citation: 'RFC 5280 §5.2.3',
  reads: 'crl',
  check({ extensions }) {
    const found = extensions.find((each) => each.oid === oid.cRLNumber);
    if (found === undefined) return 'there is no cRLNumber';
    if (found.critical) return 'the cRLNumber is critical';
    return numberOctets(found.value, 'the cRLNumber').length > 20
      ? 'the cRLNumber has more than 20 octets'
      : undefined;
  },
};
