/** A public key that is not to be used; the message says why, for a person. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}
