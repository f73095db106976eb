import { formatKeyRef, type KeyDescription, type KeyManagement } from '#libs/kms';
import type { Logger } from '#libs/observability';

export interface IdleRootsParts {
  readonly signer: Pick<KeyManagement, 'disable'>;
  readonly logger: Logger;
}

/**
 * Puts roots back to rest that a process left enabled which died over a CRL of theirs. A CRL that is being signed at
 * that moment is signed again.
 */
export class IdleRoots {
  constructor(private readonly parts: IdleRootsParts) {}

  /** @param key of a CA whose customer has no ceremony under way */
  async rest({ key, labels, name, state }: KeyDescription): Promise<void> {
    if (labels.purpose !== 'root' || state !== 'enabled') return;
    const { signer, logger } = this.parts;
    await signer.disable(key);
    logger.warn({ key: name, key_ref: formatKeyRef(key) }, 'the key of a root was enabled, and is disabled');
  }
}
