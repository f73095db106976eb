export type { CertificateKind, LintFinding } from './lint.js';
export { lintTbsCertificate } from './lint-tbs-certificate.js';
