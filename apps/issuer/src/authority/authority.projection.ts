import { type EventBus, events, followEverywhere, type Subscription } from '#libs/rpc';
import type { AuthorityRepository } from './authority.repository.js';
import type { AuthorityService } from './authority.service.js';

export interface AuthorityProjectionOptions {
  readonly events: EventBus;
  readonly repository: AuthorityRepository;
  readonly authorities: AuthorityService;
}

const durable = 'issuer';

/**
 * Follows customers and intermediates. Each handler writes first and forgets then: what is read next is never older
 * than the event.
 */
export async function followAuthorities(options: AuthorityProjectionOptions): Promise<Subscription[]> {
  const { events: bus, repository, authorities } = options;
  const followed = await Promise.all([
    followEverywhere(bus, events.customerChanged, {
      durable,
      handler: async ({ customer }) => {
        if (!customer) return;
        await repository.keepCustomer(customer);
        authorities.forget(customer.id);
      },
    }),
    followEverywhere(bus, events.caActivated, {
      durable,
      handler: async ({ authority }) => {
        if (!authority) return;
        await repository.keepAuthority(authority);
        authorities.forgetAuthority(authority.customerId);
      },
    }),
    followEverywhere(bus, events.caRetired, {
      durable,
      handler: async (retired) => {
        await repository.retire(retired);
        authorities.forgetAuthority(retired.customerId);
      },
    }),
  ]);
  return followed.flat();
}
