import {
  constructedContextTag,
  der,
  derNull,
  derSequence,
  derTime,
  derUnsignedInteger,
  oid,
} from '../der/index.js';
import { sha1 } from '../digest.js';
import { parseSubjectPublicKeyInfo } from '../key/subject-public-key-info.js';
import { type DistinguishedName, nameDer } from '../name/name-writer.js';
import { type SignatureAlgorithm, signatureAlgorithmDer } from '../signature/signature-algorithm.js';
import {
  authorityKeyIdentifier,
  basicConstraints,
  extension,
  extKeyUsage,
  keyUsage,
  keyUsageBit,
  subjectKeyIdentifier,
} from './extension-writer.js';
import { parseCertificate } from './parse-certificate.js';

/** The certificate of a delegated OCSP responder (RFC 6960 §4.2.2.2). */
export interface ResponderCertificateSpec {
  readonly subject: DistinguishedName;
  /** SubjectPublicKeyInfo in DER. */
  readonly spkiDer: Uint8Array;
  /** Unsigned big-endian, as `randomSerial` gives it. */
  readonly serial: Uint8Array;
  /** Epoch milliseconds, rounded down to seconds. */
  readonly notBefore: number;
  /** The same. */
  readonly notAfter: number;
  /** The CA whose certificates it answers for. */
  readonly issuerCertificateDer: Uint8Array;
  /** The issuer's. */
  readonly signatureAlgorithm: SignatureAlgorithm;
}

/**
 * The TBSCertificate of a delegated responder: OCSPSigning alone, and `id-pkix-ocsp-nocheck` in place of any way to
 * ask about it (RFC 6960 §4.2.2.2.1), since nobody else could answer.
 *
 * @throws RangeError for a name above its bounds, or an issuer without a subject key identifier
 * @throws DerError, CertificateError for a malformed key or issuer
 */
export function responderCertificateTbs(spec: ResponderCertificateSpec): Buffer {
  const issuer = parseCertificate(spec.issuerCertificateDer);
  if (issuer.subjectKeyIdentifier === undefined) {
    throw new RangeError('the issuer has no subject key identifier');
  }
  const spki = parseSubjectPublicKeyInfo(spec.spkiDer);
  return derSequence(
    der(constructedContextTag(0), derUnsignedInteger(Buffer.from([2]))),
    derUnsignedInteger(spec.serial),
    signatureAlgorithmDer(spec.signatureAlgorithm),
    issuer.subject,
    derSequence(derTime(spec.notBefore), derTime(spec.notAfter)),
    nameDer(spec.subject),
    spki.der,
    der(
      constructedContextTag(3),
      derSequence(
        basicConstraints(false),
        keyUsage([keyUsageBit.digitalSignature]),
        extKeyUsage([oid.ocspSigning]),
        authorityKeyIdentifier(issuer.subjectKeyIdentifier),
        // SHA-1 (RFC 5280 §4.2.1.2): some clients look for the responder's certificate by what responses name.
        subjectKeyIdentifier(sha1(spki.key)),
        extension(oid.ocspNoCheck, derNull()),
      ),
    ),
  );
}
