import type { BillingService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type CallOptions, type Client, type EventBus, events, type Subscription } from '#libs/rpc';
import type { ExhaustedCustomers } from './exhausted-customers.js';
import type { QuotaRepository } from './quota.repository.js';

export interface EntitlementServiceOptions {
  readonly repository: QuotaRepository;
  readonly billing: Client<typeof BillingService>;
  readonly exhausted: ExhaustedCustomers;
}

/** Keeps the limits of customers current beside what they have used, so that one row decides. */
export class EntitlementService {
  constructor(private readonly options: EntitlementServiceOptions) {}

  /** Asks the owner of plans for a customer whose entitlement no event has brought yet. */
  async fetch(customerId: string, call: CallOptions): Promise<void> {
    const { entitlement } = await this.options.billing.getEntitlement({ customerId }, call);
    if (entitlement?.customerId !== customerId) {
      throw new DomainError('service_unavailable', 'The limits of this customer are not known yet.');
    }
    await this.options.repository.apply(entitlement);
  }

  /**
   * Follows changes durably; and by every replica, so that a customer whose limit was lifted is not held back
   * by what a replica remembers.
   */
  async follow(bus: EventBus): Promise<Subscription[]> {
    const { repository, exhausted } = this.options;
    return Promise.all(
      [false, true].map((everyReplica) =>
        bus.subscribe(
          events.entitlementChanged,
          'issuer',
          async ({ entitlement }) => {
            if (!entitlement) return;
            await repository.apply(entitlement);
            exhausted.forget(entitlement.customerId);
          },
          { everyReplica },
        ),
      ),
    );
  }
}
