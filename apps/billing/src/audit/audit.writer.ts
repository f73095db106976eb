import { GroupWriter } from '#libs/database';
import type { AuditMetrics } from './audit.metrics.js';
import type { AuditDelivery, AuditRepository } from './audit.repository.js';

const entriesOfTransaction = 2_000;

/** Appends what events tell, many of them in one transaction. */
export class AuditWriter {
  readonly #group: GroupWriter<AuditDelivery>;

  constructor(trail: Pick<AuditRepository, 'append'>, metrics: AuditMetrics) {
    this.#group = new GroupWriter({
      weigh: ({ entries }) => entries.length,
      most: entriesOfTransaction,
      write: async (deliveries) => metrics.appended.inc(await trail.append(deliveries)),
    });
  }

  /** Resolves when the entries of one event are durable. */
  write(delivery: AuditDelivery): Promise<void> {
    return this.#group.add(delivery);
  }
}
