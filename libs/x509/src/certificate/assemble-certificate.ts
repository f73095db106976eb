import { headerLength, tag, writeHeader } from '../der/index.js';

/**
 * A Certificate (RFC 5280 §4.1) from its to-be-signed bytes, the AlgorithmIdentifier and the signature over them.
 *
 * @param signatureAlgorithm in DER, the same as inside `tbs`
 */
export function assembleCertificate(
  tbs: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
): Buffer {
  const bits = signature.length + 1;
  const length = tbs.length + signatureAlgorithm.length + headerLength(bits) + bits;
  const out = Buffer.allocUnsafe(headerLength(length) + length);
  let at = writeHeader(out, 0, { tag: tag.sequence, length });
  out.set(tbs, at);
  at += tbs.length;
  out.set(signatureAlgorithm, at);
  at = writeHeader(out, at + signatureAlgorithm.length, { tag: tag.bitString, length: bits });
  out[at] = 0;
  out.set(signature, at + 1);
  return out;
}
