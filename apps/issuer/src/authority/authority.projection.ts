import { type EventBus, events, type Subscription } from '#libs/rpc';
import type { AuthorityRepository } from './authority.repository.js';
import type { AuthorityService } from './authority.service.js';

export interface AuthorityProjectionOptions {
  readonly events: EventBus;
  readonly repository: AuthorityRepository;
  readonly authorities: AuthorityService;
}

const durable = 'issuer';

/**
 * Follows customers and intermediates. Each event is followed twice: durably, so that none is missed while no
 * issuer runs, and by every replica, so that no memory stays behind. Both write first and forget then: what
 * is read next is never older than the event.
 */
export async function followAuthorities(options: AuthorityProjectionOptions): Promise<Subscription[]> {
  const { repository, authorities } = options;
  const subscriptions: Subscription[] = [];
  for (const everyReplica of [false, true]) {
    subscriptions.push(
      await options.events.subscribe(
        events.customerChanged,
        durable,
        async ({ customer }) => {
          if (!customer) return;
          await repository.keepCustomer(customer);
          authorities.forget(customer.id);
        },
        { everyReplica },
      ),
      await options.events.subscribe(
        events.caActivated,
        durable,
        async ({ authority }) => {
          if (!authority) return;
          await repository.keepAuthority(authority);
          authorities.forgetAuthority(authority.customerId);
        },
        { everyReplica },
      ),
      await options.events.subscribe(
        events.caRetired,
        durable,
        async (retired) => {
          await repository.retire(retired);
          authorities.forgetAuthority(retired.customerId);
        },
        { everyReplica },
      ),
    );
  }
  return subscriptions;
}
