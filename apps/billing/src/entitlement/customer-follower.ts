import { type Customer, CustomerTier } from '#libs/contracts';
import { type EventBus, events, type Subscription } from '#libs/rpc';
import type { EntitlementService } from './entitlement.service.js';

/**
 * Gives every customer that it hears of an entitlement, and one that was promoted the Dev plan. Tiers only go up,
 * so that news out of order take nothing away.
 */
export function followCustomers(bus: EventBus, entitlements: EntitlementService): Promise<Subscription> {
  return bus.subscribe(events.customerChanged, 'billing', async ({ customer }) => {
    if (customer) await entitle(entitlements, customer);
  });
}

async function entitle(entitlements: EntitlementService, { id, tier }: Customer): Promise<void> {
  switch (tier) {
    case CustomerTier.SHARED:
      return;
    case CustomerTier.FREE:
      await entitlements.entitlementOf(id, 'free');
      return;
    case CustomerTier.DEV:
    case CustomerTier.UNSPECIFIED:
      await entitlements.changePlan(id, 'dev', ['free', 'mint_pack']);
  }
}
