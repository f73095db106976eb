export { createSigner, type SignerOptions } from './create-signer.js';
export { formatKeyRef, type KeyRef, parseKeyRef } from './key-ref.js';
export { type KmsOptions, type KmsSettings, kmsSettings, type LocalKmsSettings } from './kms-settings.js';
export {
  type CaKeyAlgorithm,
  caKeyAlgorithms,
  caSignatureAlgorithms,
  destructionDelayMs,
  type KeyDescription,
  type KeyLabels,
  type KeyState,
  type Signer,
} from './signer.js';
export { type SignerFailureReason, signerFailure, signerFailureReason } from './signer-failure.js';
