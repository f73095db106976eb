import { randomSecret } from '#libs/x509';

/** RFC 8628 §6.1: consonants only, so that no word appears, and none that is read as another. */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

/** A code that a person types, for example `BCDF-GHJK`: 34 bits. */
export function newUserCode(): string {
  let code = '';
  while (code.length < length) {
    for (const octet of Buffer.from(randomSecret(), 'base64url')) {
      // Octets above are dropped, or the first letters would come more often.
      if (octet < 240 && code.length < length) code += alphabet[octet % alphabet.length];
    }
  }
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** A code as people type it: case, spaces and hyphens do not matter. Undefined for what can be none. */
export function readUserCode(text: string): string | undefined {
  const letters = text.toUpperCase().replaceAll(/[\s-]/g, '');
  const isCode = letters.length === length && [...letters].every((letter) => alphabet.includes(letter));
  return isCode ? `${letters.slice(0, 4)}-${letters.slice(4)}` : undefined;
}
