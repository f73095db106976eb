export { createSigner, type SignerOptions } from './create-signer.js';
export {
  formatKeyHome,
  type KeyAccess,
  type KeyHome,
  type KmsBackend,
  kmsBackends,
  parseKeyHome,
} from './key-home.js';
export { formatKeyRef, type KeyRef, parseKeyRef } from './key-ref.js';
export { type KmsOptions, type KmsSettings, kmsSettings, type LocalKmsSettings } from './kms-settings.js';
export {
  type CaKeyAlgorithm,
  caKeyAlgorithms,
  caSignatureAlgorithms,
  destructionDelayMs,
  type KeyAttestation,
  type KeyDescription,
  type KeyLabels,
  type KeyManagement,
  type KeyState,
  type Signer,
  type SigningService,
} from './signer.js';
export { type SignerFailureReason, signerFailure, signerFailureReason } from './signer-failure.js';
export type { KmsOperation, SignerObserver } from './signer-observer.js';
