import { type KmsConfig, StartError } from '#libs/config';
import { createSigner, type KeyManagement, kmsSettings, signerFailureReason } from '#libs/kms';
import type { ServiceDeps } from './service.js';
import { SignerMetrics } from './signer-metrics.js';

/**
 * Opens the keys of a service's configuration, with metrics of what they cost.
 *
 * @throws StartError when the default backend cannot be opened: an operator has to act
 */
export async function openSigner({
  config,
  clock,
  logger,
  metrics,
}: Pick<
  ServiceDeps<{ readonly kms: KmsConfig }>,
  'config' | 'clock' | 'logger' | 'metrics'
>): Promise<KeyManagement> {
  try {
    return await createSigner(kmsSettings(config.kms), {
      warn: (message) => logger.warn(message),
      now: () => clock.now(),
      observer: new SignerMetrics(metrics),
    });
  } catch (error) {
    if (!(error instanceof Error) || !signerFailureReason(error)) throw error;
    throw new StartError(error.message, { cause: error });
  }
}
