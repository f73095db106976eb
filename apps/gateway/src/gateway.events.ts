import type { CustomerChanged } from '#libs/contracts';
import { type EventBus, events, followEverywhere, type Subscription } from '#libs/rpc';
import type { BearerCache } from './auth/bearer-cache.js';
import type { ClientCertificateCache } from './birth-cert/client-certificate.cache.js';
import type { CustomerDirectory } from './customer/customer.directory.js';
import type { TrustArtifactService } from './pki/trust-artifact.service.js';

const durable = 'gateway';

/**
 * Follows what others know better. One replica must have written a customer's change for all; every replica
 * writes it before it forgets what it remembered, so that what it reads next is not older.
 */
export async function followEvents(
  bus: EventBus,
  parts: {
    readonly directory: CustomerDirectory;
    readonly cache: BearerCache;
    readonly clientCertificates: ClientCertificateCache;
    readonly artifacts: TrustArtifactService;
  },
): Promise<readonly Subscription[]> {
  const { directory, cache, clientCertificates, artifacts } = parts;
  const everyReplica = { everyReplica: true };
  const learn = async ({ customer }: CustomerChanged) => {
    if (customer === undefined) return;
    await directory.learn(customer);
    clientCertificates.forget(customer.id);
  };
  const customers = await followEverywhere(bus, events.customerChanged, { durable, handler: learn });
  const others = await Promise.all([
    bus.subscribe(
      events.credentialChanged,
      durable,
      async ({ customerId }) => {
        cache.forget(customerId);
        clientCertificates.forget(customerId);
      },
      everyReplica,
    ),
    bus.subscribe(
      events.caActivated,
      durable,
      async ({ authority }) => {
        if (authority !== undefined) artifacts.forget(authority.customerId);
      },
      everyReplica,
    ),
  ]);
  return [...customers, ...others];
}
