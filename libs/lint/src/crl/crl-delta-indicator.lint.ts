import { oid } from '#libs/x509';
import type { CrlLint } from './crl-lint.js';
import { numberOctets } from './crl-number-octets.js';

/** Who does not know delta CRLs must not take one for the whole. */
export const crlDeltaIndicatorLint: CrlLint = {
  name: 'crl-delta-indicator',
  citation: 'RFC 5280 §5.2.4',
  reads: 'crl',
  check({ extensions }) {
    const found = extensions.find((each) => each.oid === oid.deltaCRLIndicator);
    if (found === undefined) return undefined;
    if (!found.critical) return 'the deltaCRLIndicator is not critical';
    const base = numberOf(numberOctets(found.value, 'the deltaCRLIndicator'));
    const own = extensions.find((each) => each.oid === oid.cRLNumber);
    if (own === undefined) return 'the delta CRL has no number';
    return base > numberOf(numberOctets(own.value, 'the cRLNumber'))
      ? 'the delta CRL is older than what it adds to'
      : undefined;
  },
};

function numberOf(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`);
}
