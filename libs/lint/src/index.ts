export { lintTbsCrl } from './crl/lint-tbs-crl.js';
export type { CertificateKind, LintFinding } from './lint.js';
export { lintTbsCertificate } from './lint-tbs-certificate.js';
export { lintOcspResponse } from './ocsp/lint-ocsp-response.js';
