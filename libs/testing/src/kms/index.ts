import type { AwsDouble } from './aws-double.js';
import type { AzureDouble } from './azure-double.js';
import type { GoogleDouble, GoogleDoubleOptions } from './google-double.js';
import type { KmsDouble, KmsDoubleOptions } from './kms-double.js';

export type { AwsDouble, AwsDoubleRole } from './aws-double.js';
export type { AzureDouble } from './azure-double.js';
export type { GoogleDouble } from './google-double.js';
export type { KmsDouble, KmsDoubleOptions } from './kms-double.js';
export { type KmsCall, type KmsFault, KmsFaults, type KmsQuotas } from './kms-faults.js';

export { type SelfSigned, selfSigned } from './self-signed.js';

// Each is loaded when it is started: gRPC alone takes longer than most specs.

export async function startAwsDouble(options?: KmsDoubleOptions): Promise<AwsDouble> {
  return (await import('./aws-double.js')).startAwsDouble(options);
}

export async function startAzureDouble(options?: KmsDoubleOptions): Promise<AzureDouble> {
  return (await import('./azure-double.js')).startAzureDouble(options);
}

export async function startGoogleDouble(options?: GoogleDoubleOptions): Promise<GoogleDouble> {
  return (await import('./google-double.js')).startGoogleDouble(options);
}

export async function startVaultDouble(options?: KmsDoubleOptions): Promise<KmsDouble> {
  return (await import('./vault-double.js')).startVaultDouble(options);
}
