import { GroupWriter } from '#libs/database';
import type { IssuedCertificates, IssuedSerialRepository } from './issued-serial.repository.js';
import type { SerialStatusMetrics } from './serial-status.metrics.js';

const certificatesOfInsert = 10_000;

/** Records the certificates of `issued` events, many of them in one insert. */
export class IssuedSerialWriter {
  readonly #group: GroupWriter<IssuedCertificates>;

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
        const profiled = events.flatMap((event) => event.profiled);
        if (certificates.length > 0) await serials.record({ certificates, mintings, profiled });
      },
    });
  }

  /** Resolves when the certificates of one event are durable. */
  async record(issued: IssuedCertificates): Promise<void> {
    const { length } = issued.certificates;
    this.metrics.waiting.inc(length);
    try {
      await this.#group.add(issued);
      this.metrics.recorded.inc(length);
    } finally {
      this.metrics.waiting.dec(length);
    }
  }
}
