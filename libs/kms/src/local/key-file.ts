import { type CaKeyAlgorithm, caKeyAlgorithms, type KeyLabels, type KeyState } from '../signer.js';
import { signerFailure } from '../signer-failure.js';
import type { Sealed } from './key-encryption.js';

/** The content of one `<name>.key.json`. Times are epoch milliseconds. */
export interface KeyFile {
  readonly format: 1;
  readonly name: string;
  readonly algorithm: CaKeyAlgorithm;
  readonly labels: KeyLabels;
  readonly state: KeyState;
  readonly createdAt: number;
  readonly destroyAt?: number;
  /** SubjectPublicKeyInfo DER in base64; compared with the private key when that is opened. */
  readonly publicKey: string;
  /** PKCS#8 DER, sealed for {@link keyContext}. */
  readonly privateKey: Sealed;
}

export const keyFileSuffix = '.key.json';

/** What the encryption binds a private key to: a file that was renamed or relabelled does not open. */
export function keyContext(name: string, algorithm: CaKeyAlgorithm): string {
  return `${name}\n${algorithm}`;
}

export function serializeKeyFile(file: KeyFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** @throws signer_unavailable `key_corrupt` */
export function parseKeyFile(text: string, name: string): KeyFile {
  let file: KeyFile;
  try {
    file = JSON.parse(text) as KeyFile;
  } catch (cause) {
    throw signerFailure('key_corrupt', `The file of key ${name} is damaged.`, cause);
  }
  const known = file.format === 1 && file.name === name && caKeyAlgorithms.includes(file.algorithm);
  if (known && file.publicKey && file.privateKey) return file;
  throw signerFailure('key_corrupt', `The file of key ${name} is not what this version writes.`);
}
