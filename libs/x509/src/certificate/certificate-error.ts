/** Bytes that are no certificate; the message says why. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}
