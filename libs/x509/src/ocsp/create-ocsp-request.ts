import { extension } from '../certificate/extension-writer.js';
import { constructedContextTag, der, derOctetString, derSequence, oid } from '../der/index.js';

/**
 * An OCSPRequest as a client writes it (RFC 6960 §4.1): for benchmarks and tests.
 *
 * @param certIds as `certIdDer` gives them
 */
export function createOcspRequest(certIds: readonly Uint8Array[], nonce?: Uint8Array): Buffer {
  const extensions =
    nonce === undefined
      ? []
      : [der(constructedContextTag(2), derSequence(extension(oid.ocspNonce, derOctetString(nonce))))];
  const list = derSequence(...certIds.map((certId) => derSequence(certId)));
  return derSequence(derSequence(list, ...extensions));
}
