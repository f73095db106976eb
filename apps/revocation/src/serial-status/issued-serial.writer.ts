import type { IssuedRecord, Minting } from '#libs/contracts';
import { GroupWriter } from '#libs/database';
import type { IssuedSerialRepository } from './issued-serial.repository.js';
import type { SerialStatusMetrics } from './serial-status.metrics.js';

const certificatesOfInsert = 10_000;

interface IssuedEvent {
  readonly certificates: readonly IssuedRecord[];
  readonly mintings: readonly Minting[];
}

/** Records the certificates of `issued` events, many of them in one insert. */
export class IssuedSerialWriter {
  readonly #group: GroupWriter<IssuedEvent>;

  constructor(
    serials: Pick<IssuedSerialRepository, 'record'>,
    private readonly metrics: SerialStatusMetrics,
  ) {
    this.#group = new GroupWriter({
      weigh: ({ certificates }) => certificates.length,
      most: certificatesOfInsert,
      write: async (events) => {
        const certificates = events.flatMap((event) => event.certificates);
        const mintings = events.flatMap((event) => event.mintings);
        if (certificates.length > 0) await serials.record(certificates, mintings);
      },
    });
  }

  /** Resolves when the certificates of one event are durable. */
  async record(certificates: readonly IssuedRecord[], mintings: readonly Minting[] = []): Promise<void> {
    this.metrics.waiting.inc(certificates.length);
    try {
      await this.#group.add({ certificates, mintings });
      this.metrics.recorded.inc(certificates.length);
    } finally {
      this.metrics.waiting.dec(certificates.length);
    }
  }
}
