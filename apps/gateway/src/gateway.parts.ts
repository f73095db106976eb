import type { Server } from 'node:net';
import { DataSource } from 'typeorm';
import type { GatewayConfig } from '#libs/config';
import { BillingService, IssuerService, ProvisionerService, RevocationService } from '#libs/contracts';
import { createPool, dataSourceOptions, Outbox, OutboxRelay, TenantScope } from '#libs/database';
import { productVersion, type ServiceDeps } from '#libs/service';
import { BearerAuthenticator } from './auth/bearer.authenticator.js';
import { BearerRepository } from './auth/bearer.repository.js';
import { BearerCache } from './auth/bearer-cache.js';
import { OperatorAuthenticator } from './auth/operator.authenticator.js';
import { CeremonyService } from './ceremony/ceremony.service.js';
import { CustomerDirectory } from './customer/customer.directory.js';
import { CustomerRepository } from './customer/customer.repository.js';
import { CustomerService } from './customer/customer.service.js';
import type { Draining } from './http/draining.js';
import { PublicUrls } from './http/public-urls.js';
import { MintRoutes } from './mint/mint.routes.js';
import { MintService } from './mint/mint.service.js';
import { MintCoalescer } from './mint/mint-coalescer.js';
import { RelyingPartyProxy } from './pki/relying-party.proxy.js';
import { SerialStatusService } from './pki/serial-status.service.js';
import { TrustArtifactService } from './pki/trust-artifact.service.js';
import { ProblemResponder } from './problem/problem-responder.js';
import { BulkService } from './revocation/bulk.service.js';
import { CrlCacheService } from './revocation/crl-cache.service.js';
import { RevocationService as RevocationDoor } from './revocation/revocation.service.js';
import { StatusService } from './status/status.service.js';
import { GatewayMetrics } from './telemetry/gateway-metrics.js';

export type GatewayDeps = ServiceDeps<GatewayConfig> & {
  /** A listener of another process to share, asked for once everything can serve; default: its own port. */
  readonly listener?: () => Promise<Server>;
};

const service = 'gateway';
/** Connections of the outbox relay and the health check, beside those of TypeORM. */
const relayConnections = 2;
/** How long a mint may take in all, in milliseconds; a restart of the issuer fits in. */
const mintTimeoutMs = 10_000;

export type GatewayParts = Awaited<ReturnType<typeof openParts>>;

/** Builds everything that the gateway's routes stand on, and connects to PostgreSQL. */
export async function openParts({ config, rpc, events, clock, logger, metrics: registry }: GatewayDeps) {
  const pool = createPool({ ...config.database, poolSize: relayConnections }, { service });
  const dataSource = new DataSource(dataSourceOptions(config.database, { service, entities: [] }));
  await dataSource.initialize();

  const issuer = rpc.client(IssuerService);
  const provisioner = rpc.client(ProvisionerService);
  const metrics = new GatewayMetrics(registry);
  const draining: Draining = { now: false };
  const problems = new ProblemResponder(logger, metrics, draining);
  const urls = new PublicUrls(config.publicUrl, config.pkiUrl);
  const relay = new OutboxRelay({ pool, service, events, logger, metrics: registry });

  const tenants = new TenantScope(dataSource);
  const bearers = new BearerRepository(dataSource);
  const customers = new CustomerRepository(dataSource);
  const cache = new BearerCache({ clock });
  const directory = new CustomerDirectory({
    repository: customers,
    tenants,
    bearers: cache,
    provisioner,
    clock,
  });

  const onMessage = (csrs: number) => metrics.messageSent(csrs);
  const coalescer = new MintCoalescer({ issuer, clock, timeoutMs: mintTimeoutMs, onMessage });
  const authenticator = new BearerAuthenticator(cache, bearers, metrics);
  const mints = new MintService(authenticator, directory, coalescer);
  const revocation = rpc.client(RevocationService);
  const relyingParties = new RelyingPartyProxy(config.statusUrl);

  return {
    pool,
    relay,
    urls,
    cache,
    directory,
    draining,
    problems,
    metrics,
    operator: new OperatorAuthenticator(config.operatorToken, authenticator),
    mintRoutes: new MintRoutes({ mints, problems }),
    customerService: new CustomerService({
      ...{ provisioner, issuer, billing: rpc.client(BillingService) },
      ...{ directory, customers, bearers, cache, tenants, outbox: new Outbox(service), relay, urls, logger },
      baseDomain: config.baseDomain,
    }),
    relyingParties,
    ceremonyService: new CeremonyService({ provisioner, logger }),
    artifacts: new TrustArtifactService(provisioner, clock),
    serials: new SerialStatusService(directory, revocation),
    bulk: new BulkService(directory, revocation),
    crlCache: new CrlCacheService(directory, revocation),
    revocations: new RevocationDoor(authenticator, directory, revocation),
    statuses: new StatusService(rpc, productVersion()),
    async close(): Promise<void> {
      relyingParties.close();
      await relay.stop();
      await Promise.all([dataSource.destroy(), pool.end()]);
    },
  };
}
