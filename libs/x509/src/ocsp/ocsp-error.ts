/** An OCSP message that cannot be read; the message says what and where, for a person. */
export class OcspError extends Error {
  override readonly name = 'OcspError';
}
