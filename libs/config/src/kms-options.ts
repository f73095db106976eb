import { z } from 'zod';
import { foreignOption, integer, option, url } from './option.js';

const identity = z.string().min(3).max(256).optional();
const off = 'none';

/** The backends of CA keys, but for where the local one keeps its files. */
const backends = {
  backend: option('KMS', z.enum(['local', 'aws', 'google', 'pkcs11', 'azure', 'vault']).default('local'), {
    description:
      'Backend of new CA keys where a customer has none of its own; `local` keeps them encrypted in files, as software keys. See [KMS](kms.md).',
  }),
  concurrency: option('KMS_CONCURRENCY', integer(1, 1_000).optional(), {
    description:
      'Most calls to one account of a remote KMS that are under way at once, in each process; of PKCS#11 also most threads.',
    defaultText: '`64`; PKCS#11: 12 or one a core, on 4 threads or one a core',
  }),
  signaturesPerSecond: option('KMS_SIGNATURES_PER_SECOND', integer(1, 1_000_000).optional(), {
    description:
      'Most signatures a second that one process asks of one account of a remote KMS: its quota, divided by the replicas.',
    defaultText: 'what the KMS allows',
  }),
  issuerIdentity: option('KMS_ISSUER_IDENTITY', identity, {
    description:
      'Who may sign with intermediates: the ARN of a role in AWS, a member such as `serviceAccount:…` in Google. The provisioner grants it key by key.',
    defaultText: off,
  }),
  provisionerIdentity: option('KMS_PROVISIONER_IDENTITY', identity, {
    description: 'Who may sign with roots, in the same words.',
    defaultText: off,
  }),
  googleKeyRing: option(
    'GOOGLE_KEY_RING',
    z
      .string()
      .regex(
        /^projects\/[\w:.-]+\/locations\/[\w-]+\/keyRings\/[\w-]+$/,
        'must be projects/…/locations/…/keyRings/…',
      )
      .optional(),
    { description: 'Google Cloud KMS: the key ring, `projects/…/locations/…/keyRings/…`.', defaultText: off },
  ),
  googleEndpoint: option(
    'GOOGLE_KMS_ENDPOINT',
    z
      .string()
      .regex(/^[\w.-]+:\d{1,5}$/, 'must be host:port')
      .optional(),
    {
      description:
        'Google Cloud KMS at another `host:port`; on a loopback address without TLS and credentials.',
      defaultText: "Google's own",
    },
  ),
  googleProtection: option('GOOGLE_PROTECTION', z.enum(['HSM', 'SOFTWARE']).optional(), {
    description: 'Protection level of new Google keys.',
    defaultText: '`HSM`',
  }),
  pkcs11Module: option('PKCS11_MODULE', z.string().min(1).optional(), {
    description: 'PKCS#11: path of the module, for example `/usr/lib/softhsm/libsofthsm2.so`.',
    defaultText: off,
  }),
  pkcs11Token: option('PKCS11_TOKEN', z.string().min(1).max(32).optional(), {
    description: 'PKCS#11: label of the token.',
    defaultText: off,
  }),
  pkcs11Pin: option('PKCS11_PIN', z.string().min(1).optional(), {
    description: 'PKCS#11: user PIN of the token.',
    defaultText: off,
    secret: true,
  }),
  azureVaultUrl: option('AZURE_VAULT_URL', url('https').optional(), {
    description: 'Azure Key Vault: `https://NAME.vault.azure.net`.',
    defaultText: off,
  }),
  azureProtection: option('AZURE_PROTECTION', z.enum(['hsm', 'software']).optional(), {
    description: 'Protection of new Azure keys; `hsm` needs the premium tier.',
    defaultText: '`hsm`',
  }),
  azureAuthorityHost: foreignOption('AZURE_AUTHORITY_HOST', url('https').optional(), {
    description:
      "Azure: who gives the tokens, where it is not Microsoft. The other `AZURE_*` variables are its SDK's own.",
    defaultText: "Microsoft's own",
  }),
  vaultMount: option(
    'VAULT_MOUNT',
    z
      .string()
      .regex(/^[\w-]+(?:\/[\w-]+)*$/, 'must be a path without slashes at its ends')
      .optional(),
    { description: 'Vault and OpenBao: where the transit engine is mounted.', defaultText: '`transit`' },
  ),
  vaultAddress: foreignOption('VAULT_ADDR', url('http', 'https').optional(), {
    description: 'Vault and OpenBao: base URL.',
    defaultText: off,
  }),
  vaultToken: foreignOption('VAULT_TOKEN', z.string().min(1).optional(), {
    description: 'Vault and OpenBao: a token that may use the keys; renewed while it can be.',
    defaultText: off,
    secret: true,
  }),
};

/** Where CA keys are. */
export const kms = z.object({
  ...backends,
  localDir: option('KMS_LOCAL_DIR', z.string().min(1).optional(), {
    description:
      'Folder of the encrypted CA keys of the `local` backend, which needs it; provisioner and issuer share it.',
    defaultText: off,
  }),
  localKeyFile: option('KMS_LOCAL_KEY_FILE', z.string().min(1).optional(), {
    description: 'File of the 32-byte key that encrypts CA keys.',
    defaultText: 'a passphrase',
  }),
  localPassphrase: option('KMS_LOCAL_PASSPHRASE', z.string().min(12).optional(), {
    description: 'Passphrase that encrypts CA keys, at least 12 characters.',
    defaultText: 'a key file',
    secret: true,
  }),
});

/** The same for standalone, which keeps local keys in its data folder. */
export const standaloneKms = z.object(backends);
