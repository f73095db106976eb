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

/** Plain data, so that it can be handed to a worker thread, which builds its own signer. */
export type KmsSettings = LocalKmsSettings;

/** The `kms` group of a service's configuration (`KmsConfig` of `#libs/config`). */
export interface KmsOptions {
  readonly backend: 'local';
  readonly localDir: string;
  readonly localKeyFile?: string | undefined;
  readonly localPassphrase?: string | undefined;
}

/** Settings from configuration. The first service to start makes a key file that is missing. */
export function kmsSettings({ backend, localDir, localKeyFile, localPassphrase }: KmsOptions): KmsSettings {
  return {
    backend,
    dir: localDir,
    keyFile: localKeyFile,
    createKeyFile: localKeyFile !== undefined,
    passphrase: localPassphrase,
  };
}
