import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';

/** AES-256-GCM output (NIST SP 800-38D): 96-bit nonce, ciphertext, 128-bit tag; base64. */
export interface Sealed {
  readonly nonce: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** scrypt costs (RFC 7914 §2) that a store was made with. */
export interface ScryptParameters {
  readonly salt: string;
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

export const keyBytes = 32;

/** About 0.2 s and 32 MiB: the memory-bound equivalent of OWASP's N=2^17, p=1. */
export function freshScryptParameters(): ScryptParameters {
  return { salt: randomBytes(16).toString('base64'), n: 1 << 15, r: 8, p: 3 };
}

export function deriveKey(passphrase: string, { salt, n, r, p }: ScryptParameters): Promise<Buffer> {
  const options = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), keyBytes, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Encrypts under a random nonce; `context` is authenticated, not stored. */
export function seal(key: Uint8Array, plaintext: Uint8Array, context: string): Sealed {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return {
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

/** Undoes {@link seal}; undefined when the key, the context or any octet is not the one that was sealed. */
export function open(key: Uint8Array, sealed: Sealed, context: string): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.nonce, 'base64'), {
      authTagLength: 16,
    })
      .setAAD(Buffer.from(context))
      .setAuthTag(Buffer.from(sealed.tag, 'base64'));
    return Buffer.concat([decipher.update(Buffer.from(sealed.ciphertext, 'base64')), decipher.final()]);
  } catch {
    return undefined;
  }
}
