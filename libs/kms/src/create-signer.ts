import { KeyManager } from './key-manager.js';
import type { KmsSettings } from './kms-settings.js';
import type { KeyManagement } from './signer.js';
import type { SignerObserver } from './signer-observer.js';

export interface SignerOptions {
  /** Hears what an operator should know: at start where keys live, later what will go wrong. */
  readonly warn?: (message: string) => void;
  /** Epoch milliseconds; default the system's clock. */
  readonly now?: () => number;
  /** Opens the default backend when it is needed first, too. */
  readonly onDemand?: boolean;
  /** Hears of every call of a remote backend. */
  readonly observer?: SignerObserver;
}

/**
 * Opens the default backend now, so that a service that cannot reach its keys says so at its start; others when a key
 * of theirs is used first.
 *
 * @throws signer_unavailable `not_configured` when an option of the default backend is missing
 * @throws signer_unavailable `wrong_key_encryption_key` when the store was encrypted under another key
 */
export async function createSigner(
  settings: KmsSettings,
  options: SignerOptions = {},
): Promise<KeyManagement> {
  const manager = new KeyManager(settings, options);
  if (!options.onDemand) await manager.open();
  return manager;
}
