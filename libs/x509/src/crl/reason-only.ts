// crlEntryExtensions that are a reason, not critical, and nothing else (RFC 5280 §5.3.1): nearly all are, in these octets.

export const reasonOnlyOctets = 14;

/** SEQUENCE of a SEQUENCE, OID 2.5.29.21, OCTET STRING of an ENUMERATED with one octet, which is the reason. */
const [first, second, third, fourth] = [0x300c300a, 0x0603551d, 0x1504030a, 0x01];

/** @param out from `at` on at least `reasonOnlyOctets` */
export function writeReasonOnly(out: DataView, at: number, reason: number): void {
  out.setUint32(at, first);
  out.setUint32(at + 4, second);
  out.setUint32(at + 8, third);
  out.setUint16(at + 12, (fourth << 8) | reason);
}

/**
 * The reason, where it is that.
 *
 * @param octets from `at` on at least `reasonOnlyOctets`
 * @returns -1 where it is anything else
 */
export function reasonOnlyAt(octets: DataView, at: number): number {
  const isIt =
    octets.getUint32(at) === first &&
    octets.getUint32(at + 4) === second &&
    octets.getUint32(at + 8) === third;
  const last = octets.getUint16(at + 12);
  return isIt && last >> 8 === fourth ? last & 0xff : -1;
}
