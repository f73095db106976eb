import {
  constructedContextTag,
  contextTag,
  der,
  derBoolean,
  derIa5String,
  derNamedBits,
  derOctetString,
  derOid,
  derSequence,
  derUnsignedInteger,
  oid,
} from '../der/index.js';

/** KeyUsage's bit numbers (RFC 5280 §4.2.1.3). */
export const keyUsageBit = {
  digitalSignature: 0,
  keyEncipherment: 2,
  keyCertSign: 5,
  cRLSign: 6,
} as const;

/** One Extension (RFC 5280 §4.1.2.9); a criticality of FALSE is left out, as DER wants. */
export function extension(type: string, value: Uint8Array, critical = false): Buffer {
  return derSequence(derOid(type), ...(critical ? [derBoolean(true)] : []), derOctetString(value));
}

/** RFC 5280 §4.2.1.9. Critical in leaves too, so that no reader takes a leaf for a CA. */
export function basicConstraints(ca: boolean, pathLength?: number): Buffer {
  const length = pathLength === undefined ? [] : [derUnsignedInteger(Buffer.from([pathLength]))];
  return extension(oid.basicConstraints, ca ? derSequence(derBoolean(true), ...length) : derSequence(), true);
}

/** RFC 5280 §4.2.1.3. */
export function keyUsage(bits: readonly number[]): Buffer {
  return extension(oid.keyUsage, derNamedBits(bits), true);
}

/** RFC 5280 §4.2.1.12. */
export function extKeyUsage(purposes: readonly string[]): Buffer {
  return extension(oid.extKeyUsage, derSequence(...purposes.map(derOid)));
}

/** RFC 5280 §4.2.1.1, with the keyIdentifier alone. */
export function authorityKeyIdentifier(keyIdentifier: Uint8Array): Buffer {
  return extension(oid.authorityKeyIdentifier, derSequence(der(contextTag(0), keyIdentifier)));
}

/** RFC 5280 §4.2.1.2. */
export function subjectKeyIdentifier(keyIdentifier: Uint8Array): Buffer {
  return extension(oid.subjectKeyIdentifier, derOctetString(keyIdentifier));
}

/** RFC 5280 §4.2.1.13: one distribution point with one URI. */
export function crlDistributionPoints(url: string): Buffer {
  const fullName = der(constructedContextTag(0), uri(url));
  return extension(
    oid.crlDistributionPoints,
    derSequence(derSequence(der(constructedContextTag(0), fullName))),
  );
}

/** RFC 5280 §4.2.2.1. */
export function authorityInfoAccess({
  ocspUrl,
  caIssuersUrl,
}: {
  ocspUrl?: string;
  caIssuersUrl: string;
}): Buffer {
  const ocsp = ocspUrl === undefined ? [] : [derSequence(derOid(oid.ocsp), uri(ocspUrl))];
  return extension(
    oid.authorityInfoAccess,
    derSequence(...ocsp, derSequence(derOid(oid.caIssuers), uri(caIssuersUrl))),
  );
}

/** `[6]` of a GeneralName (RFC 5280 §4.2.1.6). */
export function uri(url: string): Buffer {
  return derIa5String(url, contextTag(6));
}
