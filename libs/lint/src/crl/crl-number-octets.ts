import { DerError, type DerSlice } from '#libs/x509';

/** The octets of a CRLNumber or BaseCRLNumber: not negative, in their shortest form. @throws DerError */
export function numberOctets(value: DerSlice, what: string): Uint8Array {
  const reader = value.reader();
  reader.integer(what);
  const octets = reader.bytes.subarray(reader.start, reader.stop);
  reader.end(what);
  if ((octets[0] ?? 0) > 0x7f) throw new DerError(`${what} is negative`);
  return octets;
}
