import type { BillingService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import {
  type CallOptions,
  type Client,
  type EventBus,
  events,
  followEverywhere,
  type Subscription,
} from '#libs/rpc';
import type { AuthorityRepository } from '../authority/authority.repository.js';
import type { ExhaustedCustomers } from './exhausted-customers.js';
import type { QuotaRepository } from './quota.repository.js';

export interface EntitlementServiceOptions {
  readonly repository: QuotaRepository;
  readonly authorities: Pick<AuthorityRepository, 'find'>;
  readonly billing: Client<typeof BillingService>;
  readonly exhausted: ExhaustedCustomers;
}

/** Keeps the limits of customers current beside what they have used, so that one row decides. */
export class EntitlementService {
  constructor(private readonly options: EntitlementServiceOptions) {}

  /**
   * Asks the owner of plans for a customer whose entitlement no event has brought yet.
   *
   * @param plan that it has if billing has not heard of it either; without one, what is known of it here says
   */
  async fetch(customerId: string, call: CallOptions, plan?: string): Promise<void> {
    const known = plan || (await this.planOf(customerId));
    const { entitlement } = await this.options.billing.getEntitlement({ customerId, plan: known }, call);
    if (entitlement?.customerId !== customerId) {
      throw new DomainError('service_unavailable', 'The limits of this customer are not known yet.');
    }
    await this.options.repository.apply(entitlement);
  }

  /** Only Free customers have another's CA. */
  private async planOf(customerId: string): Promise<string> {
    const { customer } = await this.options.authorities.find(customerId);
    return (customer?.caCustomerId ?? customerId) === customerId ? 'dev' : 'free';
  }

  /**
   * Follows changes durably; and by every replica, so that a customer whose limit was lifted is not held back
   * by what a replica remembers.
   */
  follow(bus: EventBus): Promise<Subscription[]> {
    const { repository, exhausted } = this.options;
    return followEverywhere(bus, events.entitlementChanged, {
      durable: 'issuer',
      handler: async ({ entitlement }) => {
        if (!entitlement) return;
        await repository.apply(entitlement);
        exhausted.forget(entitlement.customerId);
      },
    });
  }
}
