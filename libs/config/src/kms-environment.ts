import type { Environment } from './environment.js';

/**
 * What backends of CA keys read: our own options of them, and the variables that their SDKs and modules document
 * (https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html,
 * https://cloud.google.com/docs/authentication/application-default-credentials,
 * https://learn.microsoft.com/javascript/api/@azure/identity/environmentcredential).
 */
const names =
  /^(?:STACKRUNNER_(?:KMS|GOOGLE|PKCS11|AZURE|VAULT)(?:_|$)|AWS_|GOOGLE_|GCLOUD_|CLOUDSDK_|AZURE_|MSI_|IDENTITY_|VAULT_|SOFTHSM2_CONF$|METADATA_SERVER_DETECTION$|NODE_EXTRA_CA_CERTS$|HOME$)/;

/** The part of an environment that a process needs to reach CA keys. */
export function kmsEnvironment(env: Environment = process.env): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]): [string, string][] =>
      names.test(name) && value ? [[name, value]] : [],
    ),
  );
}
