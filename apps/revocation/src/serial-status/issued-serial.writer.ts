import { isUnavailable } from '#libs/database';
import type { IssuedCertificates, IssuedSerialRepository } from './issued-serial.repository.js';
import type { SerialStatusMetrics } from './serial-status.metrics.js';

/** Certificates of one insert: enough to make its fixed cost vanish, few enough to be quick. */
const mostCertificates = 10_000;

interface WaitingEvent {
  readonly issued: IssuedCertificates;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Records the certificates of `issued` events. One insert runs at a time; what arrives meanwhile goes into
 * the next one, so the busier it is, the cheaper a certificate becomes, and nothing waits for a timer.
 */
export class IssuedSerialWriter {
  readonly #waiting: WaitingEvent[] = [];
  #writing = false;

  constructor(
    private readonly serials: Pick<IssuedSerialRepository, 'record'>,
    private readonly metrics: SerialStatusMetrics,
  ) {}

  /** Resolves when the certificates of one event are durable. */
  record(issued: IssuedCertificates): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ issued, done, failed });
      this.metrics.waiting.inc(issued.certificates.length);
      if (!this.#writing) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      // Events that arrive in the same turn share the first insert already.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#write(this.#next());
    }
    this.#writing = false;
  }

  /** The longest waiting events, as many as one insert takes, and at least one. */
  #next(): WaitingEvent[] {
    let events = 0;
    let certificates = 0;
    for (const { issued } of this.#waiting) {
      if (events > 0 && certificates + issued.certificates.length > mostCertificates) break;
      events += 1;
      certificates += issued.certificates.length;
    }
    return this.#waiting.splice(0, events);
  }

  /** Never rejects: each event learns its own outcome. */
  async #write(events: readonly WaitingEvent[]): Promise<void> {
    const certificates = events.flatMap(({ issued }) => issued.certificates);
    try {
      const mintings = events.flatMap(({ issued }) => issued.mintings);
      const profiled = events.flatMap(({ issued }) => issued.profiled);
      if (certificates.length > 0) await this.serials.record({ certificates, mintings, profiled });
    } catch (error) {
      // One event that cannot be recorded must not hold up those that came with it.
      if (events.length > 1 && !isUnavailable(error)) {
        for (const event of events) await this.#write([event]);
        return;
      }
      this.metrics.waiting.dec(certificates.length);
      for (const event of events) event.failed(error);
      return;
    }
    this.metrics.waiting.dec(certificates.length);
    this.metrics.recorded.inc(certificates.length);
    for (const event of events) event.done();
  }
}
