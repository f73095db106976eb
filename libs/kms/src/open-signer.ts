import type { SignerOptions } from './create-signer.js';
import type { KeyHome } from './key-home.js';
import type { KmsSettings } from './kms-settings.js';
import type { KmsDriver } from './remote/kms-driver.js';
import type { Signer } from './signer.js';
import type { VaultHearing } from './vault/vault-driver.js';

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
  if (home.backend === 'local') {
    const { LocalSigner } = await import('./local/local-signer.js');
    return LocalSigner.open(settings, now, options.warn);
  }
  const [driver, { RemoteSigner }] = await Promise.all([
    openDriver(home, settings, { now, observer: options.observer, warn: options.warn }),
    import('./remote/remote-signer.js'),
  ]);
  const { observer } = options;
  return new RemoteSigner(driver, { access: home.access, limits: settings.limits, now, observer });
}

async function openDriver(
  home: KeyHome,
  settings: KmsSettings,
  { now, ...hearing }: VaultHearing & { readonly now: () => number },
): Promise<KmsDriver> {
  switch (home.backend) {
    case 'local':
      throw new Error('Local keys have no wire.');
    case 'aws': {
      const { AwsDriver } = await import('./aws/aws-driver.js');
      return new AwsDriver(home, settings.identities);
    }
    case 'google': {
      const { GoogleDriver } = await import('./google/google-driver.js');
      return GoogleDriver.open(home, settings);
    }
    case 'pkcs11': {
      const { Pkcs11Driver } = await import('./pkcs11/pkcs11-driver.js');
      return Pkcs11Driver.open(settings, now);
    }
    case 'azure': {
      const { AzureDriver } = await import('./azure/azure-driver.js');
      return AzureDriver.open(settings);
    }
    case 'vault': {
      const { VaultDriver } = await import('./vault/vault-driver.js');
      return VaultDriver.open(settings, now, hearing);
    }
  }
}
