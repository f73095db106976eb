import { constructedContextTag, der, derSequence, derUnsignedInteger } from '../der/index.js';
import { parseSubjectPublicKeyInfo } from '../key/subject-public-key-info.js';
import { type DistinguishedName, nameDer } from '../name/name-writer.js';

export interface CertificationRequestSpec {
  readonly subject: DistinguishedName;
  /** SubjectPublicKeyInfo in DER. */
  readonly spkiDer: Uint8Array;
}

/**
 * The CertificationRequestInfo (RFC 2986 §4.1) of a key that only signs, such as one in a key management service.
 * `assembleCertificate` completes it: a request has the three parts of a certificate. It asks for no extensions.
 *
 * @throws RangeError for a name above its bounds
 * @throws DerError for a malformed key
 */
export function certificationRequestInfo({ subject, spkiDer }: CertificationRequestSpec): Buffer {
  return derSequence(
    derUnsignedInteger(Buffer.from([0])),
    nameDer(subject),
    parseSubjectPublicKeyInfo(spkiDer).der,
    der(constructedContextTag(0)),
  );
}
