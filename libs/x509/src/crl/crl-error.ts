/** A CRL that cannot be read; the message says what and where, for a person. */
export class CrlError extends Error {
  override readonly name = 'CrlError';
}
