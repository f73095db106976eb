export { assembleCertificate } from './certificate/assemble-certificate.js';
export {
  caCertificateTbs,
  type IntermediateCertificateSpec,
  type RootCertificateSpec,
} from './certificate/ca-certificate.js';
export { CertificateError } from './certificate/certificate-error.js';
export { checkNameConstraints } from './certificate/check-name-constraints.js';
export { type LeafAuthority, type LeafNames, LeafTemplate } from './certificate/leaf-template.js';
export {
  type NameConstraints,
  nameConstraintsProblem,
  noNameConstraints,
} from './certificate/name-constraints.js';
export {
  type Certificate,
  parseCertificate,
  verifyCertificateSignature,
} from './certificate/parse-certificate.js';
export {
  type ResponderCertificateSpec,
  responderCertificateTbs,
} from './certificate/responder-certificate.js';
export {
  type CertificateExtension,
  type CertificateTime,
  parseTbsCertificate,
  type TbsCertificate,
} from './certificate/tbs-certificate.js';
export { CrlEntries, type CrlEntry, type SerialSpan } from './crl/crl-entries.js';
export { type CrlEntryView, forEachCrlEntry } from './crl/crl-entry-reader.js';
export { CrlError } from './crl/crl-error.js';
export { type CrlReason, type CrlReasonName, crlReasons, isCrlReason } from './crl/crl-reason.js';
export { crlShardOf, mostCrlShards, mostCrlShardsOfOneOctet } from './crl/crl-shard.js';
export { CrlDraft, type CrlSpec, draftCrl } from './crl/crl-writer.js';
export { type Crl, parseCrl, parseTbsCrl, type TbsCrl } from './crl/parse-crl.js';
export { CertificationRequest } from './csr/certification-request.js';
export {
  type CertificationRequestSpec,
  certificationRequestInfo,
} from './csr/certification-request-info.js';
export { commonNames } from './csr/common-names.js';
export { type CreatedCsr, type CsrWish, createCsr } from './csr/create-csr.js';
export { CsrError } from './csr/csr-error.js';
export { type GeneralName, generalNameTag } from './csr/general-names.js';
export { checkDnsName, checkHostName, checkMailbox, isDnsName } from './csr/name-syntax.js';
export { maxCsrLength, parseCsr } from './csr/parse-csr.js';
export { checkUri } from './csr/uri-syntax.js';
export { verifyCsr, verifyCsrAside } from './csr/verify-csr.js';
export * from './der/index.js';
export { keyIdentifier, sha1, sha256, sha256Hex } from './digest.js';
export { type KeyAlgorithmName, keyAlgorithmNames } from './key/key-algorithm.js';
export { KeyError } from './key/key-error.js';
export {
  parseSubjectPublicKeyInfo,
  readSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from './key/subject-public-key-info.js';
export { type DistinguishedName, nameDer, upperBound } from './name/name-writer.js';
export {
  type CertId,
  type CertIdHash,
  certIdDer,
  type IssuerHashes,
  issuerHashes,
} from './ocsp/cert-id.js';
export { createOcspRequest } from './ocsp/create-ocsp-request.js';
export { OcspError } from './ocsp/ocsp-error.js';
export {
  assembleOcspResponse,
  type OcspErrorName,
  type OcspResponseSpec,
  type OcspSignature,
  type OcspStatus,
  ocspErrorResponse,
  ocspErrors,
  ocspResponseTbs,
  type SingleResponse,
} from './ocsp/ocsp-response-writer.js';
export { mostCertIds, type OcspRequest, parseOcspRequest } from './ocsp/parse-ocsp-request.js';
export {
  type BasicOcspResponse,
  type OcspResponseData,
  type ParsedOcspResponse,
  type ParsedSingleResponse,
  parseOcspResponse,
  parseOcspResponseData,
} from './ocsp/parse-ocsp-response.js';
export { csrFromPem, type PemBlock, PemError, pemBlocks, pemDecodeAll, pemEncode } from './pem/pem.js';
export { constantTimeEqual, randomSecret, randomSerial } from './random/random.js';
export { readSignatureAlgorithm } from './signature/read-signature-algorithm.js';
export {
  type SignatureAlgorithm,
  type SignatureScheme,
  signatureAlgorithmDer,
} from './signature/signature-algorithm.js';
export { signatureVerifies } from './signature/verify-signature.js';
