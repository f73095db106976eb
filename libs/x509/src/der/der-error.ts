/** Bytes that are not the DER that was expected; the message says what and where, for a person. */
export class DerError extends Error {
  override readonly name = 'DerError';
}
