import { type EventBus, events, type Subscription } from '#libs/rpc';
import type { EntitlementService } from './entitlement.service.js';

/** Gives every customer that it hears of an entitlement; the second time changes nothing. */
export function followCustomers(bus: EventBus, entitlements: EntitlementService): Promise<Subscription> {
  return bus.subscribe(events.customerChanged, 'billing', async ({ customer }) => {
    if (customer) await entitlements.entitlementOf(customer.id);
  });
}
