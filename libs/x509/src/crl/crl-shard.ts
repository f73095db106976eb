/** A CA has at most so many parts of its CRL. */
export const mostCrlShards = 1024;
/** Up to so many the last octet decides, above it the last two: with one octet the parts would not be of one size. */
export const mostCrlShardsOfOneOctet = 128;

/**
 * Which part of its CA's CRL a certificate is in (RFC 5280 §5.2.5), from 0: serial numbers are random, so the parts are
 * of one size. Certificates name theirs, so this never changes for a CA.
 *
 * @param octets have the serial number, unsigned big-endian, from `start` to `stop`: all of them unless they are given
 * @param shards parts of the CRL, 1 to 1,024
 */
export function crlShardOf(octets: Uint8Array, shards: number, start = 0, stop = octets.length): number {
  const last = octets[stop - 1] ?? 0;
  if (shards <= mostCrlShardsOfOneOctet) return last % shards;
  const high = stop - 2 < start ? 0 : (octets[stop - 2] ?? 0);
  return (high * 256 + last) % shards;
}
