import { constructedContextTag, der, derSequence, derTime, derUnsignedInteger } from '../der/index.js';
import { keyIdentifier } from '../digest.js';
import { parseSubjectPublicKeyInfo } from '../key/subject-public-key-info.js';
import { type DistinguishedName, nameDer } from '../name/name-writer.js';
import { type SignatureAlgorithm, signatureAlgorithmDer } from '../signature/signature-algorithm.js';
import {
  authorityInfoAccess,
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  keyUsage,
  keyUsageBit,
  subjectKeyIdentifier,
} from './extension-writer.js';
import { type NameConstraints, nameConstraintsExtension } from './name-constraints.js';
import { parseCertificate } from './parse-certificate.js';

interface CaCertificateSpec {
  readonly subject: DistinguishedName;
  /** SubjectPublicKeyInfo in DER. */
  readonly spkiDer: Uint8Array;
  /** Unsigned big-endian, as `randomSerial` gives it. */
  readonly serial: Uint8Array;
  /** Epoch milliseconds, rounded down to seconds. */
  readonly notBefore: number;
  /** Epoch milliseconds, rounded down to seconds. */
  readonly notAfter: number;
  /** The issuer's, which is the subject's own for a root. */
  readonly signatureAlgorithm: SignatureAlgorithm;
}

export interface RootCertificateSpec extends CaCertificateSpec {
  readonly kind: 'root';
}

export interface IntermediateCertificateSpec extends CaCertificateSpec {
  readonly kind: 'intermediate';
  /** The root's certificate: its subject becomes the issuer, its SKI the AKI. */
  readonly issuerCertificateDer: Uint8Array;
  /** Where the root's CRL is. */
  readonly crlUrl: string;
  /** Where the root's certificate is in DER. */
  readonly caIssuersUrl: string;
  readonly nameConstraints?: NameConstraints;
}

/**
 * The TBSCertificate of a CA (RFC 5280 §4.1).
 *
 * A root is self-issued, without AKI (§4.2.1.1 lets it out) and without any place to ask about it. An
 * intermediate has path length 0: it signs leaves and nothing else.
 *
 * @throws RangeError for a name above its bounds or malformed constraints
 * @throws DerError, CertificateError for a malformed key or issuer
 */
export function caCertificateTbs(spec: RootCertificateSpec | IntermediateCertificateSpec): Buffer {
  const subject = nameDer(spec.subject);
  const spki = parseSubjectPublicKeyInfo(spec.spkiDer);
  const common = [
    keyUsage([keyUsageBit.keyCertSign, keyUsageBit.cRLSign]),
    subjectKeyIdentifier(keyIdentifier(spki.key)),
  ];
  const { issuer, extensions } =
    spec.kind === 'root'
      ? { issuer: subject, extensions: [basicConstraints(true), ...common] }
      : intermediateParts(spec, common);
  return derSequence(
    der(constructedContextTag(0), derUnsignedInteger(Buffer.from([2]))),
    derUnsignedInteger(spec.serial),
    signatureAlgorithmDer(spec.signatureAlgorithm),
    issuer,
    derSequence(derTime(spec.notBefore), derTime(spec.notAfter)),
    subject,
    spki.der,
    der(constructedContextTag(3), derSequence(...extensions)),
  );
}

function intermediateParts(
  spec: IntermediateCertificateSpec,
  common: readonly Buffer[],
): { issuer: Uint8Array; extensions: Buffer[] } {
  const issuer = parseCertificate(spec.issuerCertificateDer);
  if (issuer.subjectKeyIdentifier === undefined)
    throw new RangeError('the issuer has no subject key identifier');
  const constraints = spec.nameConstraints && nameConstraintsExtension(spec.nameConstraints);
  return {
    issuer: issuer.subject,
    extensions: [
      basicConstraints(true, 0),
      ...common,
      authorityKeyIdentifier(issuer.subjectKeyIdentifier),
      crlDistributionPoints(spec.crlUrl),
      authorityInfoAccess({ caIssuersUrl: spec.caIssuersUrl }),
      ...(constraints === undefined ? [] : [constraints]),
    ],
  };
}
