import type { KmsSettings } from './kms-settings.js';
import { KeyStore } from './local/key-store.js';
import { LocalSigner } from './local/local-signer.js';
import type { Signer } from './signer.js';

export interface SignerOptions {
  /** Hears once, at start, what an operator should know about where keys live. */
  readonly warn?: (message: string) => void;
  /** Epoch milliseconds; default the system's clock. */
  readonly now?: () => number;
}

/**
 * Opens the configured backend.
 *
 * @throws signer_unavailable `wrong_key_encryption_key` when the store was encrypted under another key
 */
export async function createSigner(settings: KmsSettings, options: SignerOptions = {}): Promise<Signer> {
  const store = await KeyStore.open(settings, options.now ?? Date.now);
  options.warn?.(
    `CA keys are held in software: encrypted files in ${settings.dir}. Whoever reads them and their key can sign.`,
  );
  return new LocalSigner(store, options.now ?? Date.now);
}
