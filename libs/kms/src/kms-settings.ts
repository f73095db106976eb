import type { KmsBackend } from './key-home.js';
import type { SigningService } from './signer.js';

/** Keys in encrypted files of one folder. Give a key file or a passphrase, not both. */
export interface LocalKmsSettings {
  readonly backend: 'local';
  /** The folder of the keys; made with mode 0700 when missing. Processes of one machine may share it. */
  readonly dir: string;
  /** A file with 32 random octets in base64, mode 0600: encrypts the keys. */
  readonly keyFile?: string | undefined;
  /** Makes the key file when neither it nor a key store exists. */
  readonly createKeyFile?: boolean | undefined;
  /** Stretched by scrypt into the key that encrypts the keys. */
  readonly passphrase?: string | undefined;
}

/** What a service takes of a remote backend, for each account that it uses. */
export interface KmsLimits {
  /** Most calls under way at once. */
  readonly concurrency?: number | undefined;
  /** Most signatures a second; without it, only the backend's own throttling slows calls down. */
  readonly signaturesPerSecond?: number | undefined;
}

export interface GoogleKmsSettings {
  /** `projects/…/locations/…/keyRings/…` */
  readonly keyRing?: string | undefined;
  /** `host:port` instead of Google's own; plain text over loopback, TLS else. */
  readonly endpoint?: string | undefined;
  readonly protection: 'HSM' | 'SOFTWARE';
}

export interface Pkcs11Settings {
  /** Path of the module's shared object. */
  readonly module?: string | undefined;
  /** Label of the token: slots change their numbers. */
  readonly token?: string | undefined;
  readonly pin?: string | undefined;
}

export interface AzureSettings {
  /** `https://<name>.vault.azure.net` */
  readonly vaultUrl?: string | undefined;
  /** `hsm` keys need the premium tier. */
  readonly protection: 'hsm' | 'software';
  /** Whether an authority other than Microsoft's own gives the tokens (AZURE_AUTHORITY_HOST). */
  readonly customAuthority?: boolean | undefined;
}

export interface VaultSettings {
  /** Base URL of Vault or OpenBao. */
  readonly address?: string | undefined;
  readonly token?: string | undefined;
  /** Where the transit engine is mounted. */
  readonly mount: string;
  /** Milliseconds between renewals of the token; default an hour. */
  readonly renewEveryMs?: number | undefined;
}

/**
 * Plain data, so that it can be handed to a worker thread, which builds its own signer. `backend` is the default one;
 * every other one that is configured is opened when a key of it is used first.
 */
export interface KmsSettings extends Partial<Omit<LocalKmsSettings, 'backend'>> {
  readonly backend: KmsBackend;
  readonly limits?: KmsLimits;
  readonly google?: GoogleKmsSettings;
  readonly pkcs11?: Pkcs11Settings;
  readonly azure?: AzureSettings;
  readonly vault?: VaultSettings;
  /** Whom {@link Signer.allowSigning} lets sign: a principal's ARN in AWS, a member such as `serviceAccount:…` in Google. */
  readonly identities?: Partial<Readonly<Record<SigningService, string | undefined>>>;
}

/** The `kms` group of a service's configuration (`KmsConfig` of `#libs/config`). */
export interface KmsOptions {
  readonly backend: KmsBackend;
  readonly localDir?: string | undefined;
  readonly localKeyFile?: string | undefined;
  readonly localPassphrase?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly signaturesPerSecond?: number | undefined;
  readonly googleKeyRing?: string | undefined;
  readonly googleEndpoint?: string | undefined;
  readonly googleProtection?: 'HSM' | 'SOFTWARE' | undefined;
  readonly pkcs11Module?: string | undefined;
  readonly pkcs11Token?: string | undefined;
  readonly pkcs11Pin?: string | undefined;
  readonly azureVaultUrl?: string | undefined;
  readonly azureProtection?: 'hsm' | 'software' | undefined;
  readonly azureAuthorityHost?: string | undefined;
  readonly vaultAddress?: string | undefined;
  readonly vaultToken?: string | undefined;
  readonly vaultMount?: string | undefined;
  readonly issuerIdentity?: string | undefined;
  readonly provisionerIdentity?: string | undefined;
}

/** Settings from configuration. The first service to start makes a key file that is missing. */
export function kmsSettings(options: KmsOptions): KmsSettings {
  const { backend, localDir, localKeyFile, localPassphrase } = options;
  return {
    backend,
    ...(localDir !== undefined && { dir: localDir }),
    keyFile: localKeyFile,
    createKeyFile: localKeyFile !== undefined,
    passphrase: localPassphrase,
    limits: { concurrency: options.concurrency, signaturesPerSecond: options.signaturesPerSecond },
    google: {
      keyRing: options.googleKeyRing,
      endpoint: options.googleEndpoint,
      protection: options.googleProtection ?? 'HSM',
    },
    pkcs11: { module: options.pkcs11Module, token: options.pkcs11Token, pin: options.pkcs11Pin },
    azure: {
      vaultUrl: options.azureVaultUrl,
      protection: options.azureProtection ?? 'hsm',
      customAuthority: options.azureAuthorityHost !== undefined,
    },
    vault: {
      address: options.vaultAddress,
      token: options.vaultToken,
      mount: options.vaultMount ?? 'transit',
    },
    identities: { issuer: options.issuerIdentity, provisioner: options.provisionerIdentity },
  };
}
