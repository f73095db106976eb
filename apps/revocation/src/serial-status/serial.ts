/** The issuer's serial numbers have 16 octets; RFC 5280 §4.1.2.2 allows 20. */
const octets = 16;
const mostOctets = 20;

/**
 * A serial number in the one form that is stored and compared: big-endian, padded to 16 octets, longer only
 * where the number is. Leading zeros do not matter.
 *
 * @returns undefined for what cannot be a serial number: zero, or more than 20 octets
 */
export function canonicalSerial(serial: Uint8Array): Uint8Array | undefined {
  const first = serial.findIndex((octet) => octet !== 0);
  if (first === -1) return undefined;
  const significant = serial.subarray(first);
  if (significant.length > mostOctets) return undefined;
  if (significant.length >= octets) return significant;
  const padded = new Uint8Array(octets);
  padded.set(significant, octets - significant.length);
  return padded;
}
