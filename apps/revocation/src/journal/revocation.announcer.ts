import type { Logger } from '#libs/observability';
import { type EventBus, events } from '#libs/rpc';
import type { RevokedEvent } from './journal.repository.js';

export interface RevocationAnnouncerParts {
  readonly events: Pick<EventBus, 'publish'>;
  readonly logger: Logger;
}

/** A caller waits for the event bus no longer than so many milliseconds. */
const patienceMs = 500;

/**
 * Tells every replica of a revocation before its caller is told. The outbox says the same a moment later, under the
 * same id, and every replica reads the journal; but a database that dies in that very moment must not leave a replica
 * with an answer that was signed before.
 */
export class RevocationAnnouncer {
  constructor(private readonly parts: RevocationAnnouncerParts) {}

  /** Resolves when the event bus took it, or cannot now: then the outbox and the journal are all there is. */
  async announce({ id, payload }: RevokedEvent): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    const published = this.parts.events.publish(events.revoked.type, payload, id).catch((error: unknown) => {
      this.parts.logger.debug({ err: error }, 'a revocation could not be announced');
    });
    await Promise.race([published, late]).finally(() => clearTimeout(timer));
  }
}
