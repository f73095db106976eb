import { der, derOid, derSequence, derUtf8String, oid, tag } from '../der/index.js';

/** What a subject of this product is made of. */
export interface DistinguishedName {
  readonly commonName: string;
  readonly organizationName?: string;
}

/** RFC 5280 appendix A.1, in characters. */
export const upperBound = { commonName: 64, organizationName: 64 } as const;

/**
 * A Name in DER, the organization before the common name, as UTF8String (RFC 5280 §4.1.2.4).
 *
 * @throws RangeError when a part is empty or above its upper bound
 */
export function nameDer({ commonName, organizationName }: DistinguishedName): Buffer {
  const parts = [attribute('commonName', commonName)];
  if (organizationName !== undefined) parts.unshift(attribute('organizationName', organizationName));
  return derSequence(...parts);
}

function attribute(type: keyof typeof upperBound, value: string): Buffer {
  const length = [...value].length;
  if (length === 0 || length > upperBound[type]) {
    throw new RangeError(
      `${type} has ${length} characters; 1 to ${upperBound[type]} are allowed (RFC 5280 A.1)`,
    );
  }
  return der(tag.set, derSequence(derOid(oid[type]), derUtf8String(value)));
}
