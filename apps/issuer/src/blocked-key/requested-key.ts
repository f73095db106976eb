import { DerError, DerReader, tag } from '#libs/x509';

/**
 * The SubjectPublicKeyInfo of a certification request, as its octets in latin1, without parsing the rest: this runs
 * on the main thread for every request once a key is blocked.
 *
 * @returns undefined for what is no certification request; the parser says why
 */
export function requestedKey(csr: Uint8Array): string | undefined {
  try {
    const reader = new DerReader(csr);
    reader.enter(tag.sequence, 'the certification request');
    reader.enter(tag.sequence, 'the certification request info');
    reader.next('the version');
    reader.next('the subject');
    const from = reader.position;
    reader.next('the key');
    return keyText(csr.subarray(from, reader.position));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** Octets as a key of a set. */
export function keyText(spki: Uint8Array): string {
  return Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength).toString('latin1');
}
