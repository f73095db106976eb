/** DER `Ecdsa-Sig-Value` (RFC 3279 §2.2.3) of the two halves `r ‖ s`, as PKCS#11 and JOSE (RFC 7518 §3.4) give them. */
export function ecdsaDer(halves: Uint8Array): Uint8Array {
  const middle = halves.length / 2;
  const body = Buffer.concat([integer(halves.subarray(0, middle)), integer(halves.subarray(middle))]);
  // P-384 is the largest: 2 × 51 octets, so that the short form of the length suffices.
  return Buffer.concat([Uint8Array.of(0x30, body.length), body]);
}

function integer(octets: Uint8Array): Buffer {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const value = octets.subarray(start);
  const sign = (value[0] ?? 0) >= 0x80 ? [0] : [];
  return Buffer.concat([Uint8Array.of(0x02, value.length + sign.length, ...sign), value]);
}
