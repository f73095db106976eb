import type { SignerOptions } from './create-signer.js';
import type { KeyHome } from './key-home.js';
import type { KmsSettings } from './kms-settings.js';
import type { Signer } from './signer.js';
import { signerFailure } from './signer-failure.js';

/** A signer of one account that holds connections. */
export interface OpenedSigner extends Signer {
  close(): Promise<void>;
}

/**
 * The signer of one home. Every backend's code and its SDK are loaded here and not before, so that an installation
 * pays for what it uses.
 *
 * @throws signer_unavailable `not_configured`
 */
export async function openSigner(
  home: KeyHome,
  settings: KmsSettings,
  options: SignerOptions,
): Promise<OpenedSigner> {
  const now = options.now ?? Date.now;
  switch (home.backend) {
    case 'local': {
      const { LocalSigner } = await import('./local/local-signer.js');
      return LocalSigner.open(settings, now, options.warn);
    }
    default:
      throw signerFailure('not_configured', `The backend ${home.backend} is not configured.`);
  }
}
