import type { Server } from 'node:net';
import { DataSource } from 'typeorm';
import type { GatewayConfig } from '#libs/config';
import {
  AuditService,
  BillingService,
  IssuerService,
  MeteringService,
  ProvisionerService,
  RevocationService,
} from '#libs/contracts';
import { createPool, dataSourceOptions, Outbox, OutboxRelay, TenantScope } from '#libs/database';
import { IdentityProviders } from '#libs/identity';
import { productVersion, type ServiceDeps } from '#libs/service';
import { AccountService } from './account/account.service.js';
import { AuditRecorder } from './audit/audit.recorder.js';
import { AuditTrailService } from './audit/audit-trail.service.js';
import { BearerAuthenticator } from './auth/bearer.authenticator.js';
import { BearerRepository } from './auth/bearer.repository.js';
import { BearerCache } from './auth/bearer-cache.js';
import { OperatorAuthenticator } from './auth/operator.authenticator.js';
import { RequestAuthenticator } from './auth/request.authenticator.js';
import { BirthCertRepository } from './birth-cert/birth-cert.repository.js';
import { BirthCertService } from './birth-cert/birth-cert.service.js';
import { ClientCertificateAuthenticator } from './birth-cert/client-certificate.authenticator.js';
import { ClientCertificateCache } from './birth-cert/client-certificate.cache.js';
import { RevocationWatch } from './birth-cert/revocation-watch.js';
import { CeremonyService } from './ceremony/ceremony.service.js';
import { CredentialRepository } from './credential/credential.repository.js';
import { CredentialService } from './credential/credential.service.js';
import { CredentialUse } from './credential/credential-use.js';
import { PermissionRepository } from './credential/permission.repository.js';
import { PermissionService } from './credential/permission.service.js';
import { CustomerDirectory } from './customer/customer.directory.js';
import { CustomerRepository } from './customer/customer.repository.js';
import { CustomerService } from './customer/customer.service.js';
import { DeviceService } from './device/device.service.js';
import { freeIssueRoutes } from './free/free-issue.routes.js';
import type { Draining } from './http/draining.js';
import { PublicUrls } from './http/public-urls.js';
import { MeteringService as MeteringDesk } from './metering/metering.service.js';
import { IssueRoutes } from './mint/issue.routes.js';
import { MintRoutes } from './mint/mint.routes.js';
import { MintService } from './mint/mint.service.js';
import { MintCoalescer } from './mint/mint-coalescer.js';
import { PageFiles } from './pages/page-files.js';
import { RelyingPartyProxy } from './pki/relying-party.proxy.js';
import { SerialStatusService } from './pki/serial-status.service.js';
import { TrustArtifactService } from './pki/trust-artifact.service.js';
import { ProblemResponder } from './problem/problem-responder.js';
import { WrongCredentials } from './rate-limit/wrong-credentials.js';
import { BulkService } from './revocation/bulk.service.js';
import { CrlCacheService } from './revocation/crl-cache.service.js';
import { RevocationService as RevocationDoor } from './revocation/revocation.service.js';
import { scopedMintRoutes } from './scoped-mint/scoped-mint.routes.js';
import { SessionRepository } from './session/session.repository.js';
import { SessionService } from './session/session.service.js';
import { SessionWitness } from './session/session.witness.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { SignUpRepository } from './sign-up/sign-up.repository.js';
import { SignUpService } from './sign-up/sign-up.service.js';
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
  const wrongCredentials = new WrongCredentials({ clock, perMinute: config.wrongCredentials });
  const problems = new ProblemResponder(logger, metrics, draining, wrongCredentials);
  const urls = new PublicUrls(config.publicUrl, config.pkiUrl);
  const relay = new OutboxRelay({ pool, service, events, logger, metrics: registry });

  const tenants = new TenantScope(dataSource);
  const bearers = new BearerRepository(dataSource, clock);
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
  const revocation = rpc.client(RevocationService);
  const relyingParties = new RelyingPartyProxy(config.statusUrl);
  const tokens = new BearerAuthenticator(cache, bearers, metrics, clock);
  const uses = new CredentialUse(dataSource, clock, logger);
  uses.start();
  const operator = new OperatorAuthenticator(config.operatorToken);
  const { identityProviders, signInAllow } = config;
  const identities = new IdentityProviders({
    providers: identityProviders,
    allow: signInAllow,
    now: () => clock.now(),
  });
  const sessions = new SessionService(new SessionRepository(dataSource), identities, clock);
  const clientCertificates = new ClientCertificateCache(clock);
  const certificates = new ClientCertificateAuthenticator(
    clientCertificates,
    dataSource,
    clock,
    new RevocationWatch(revocation, clock),
  );
  const witnesses = [new SessionWitness(sessions, urls), certificates];
  const authenticator = new RequestAuthenticator({ operator, bearers: tokens, uses, witnesses });
  const permissions = new PermissionRepository();
  const credentials = new CredentialRepository();
  const mints = new MintService(tokens, directory, coalescer);
  const outbox = new Outbox(service);
  const births = new BirthCertRepository(tenants);

  const changes = { tenants, permissions, credentials, outbox, relay, cache, clock };
  const permissionService = new PermissionService(changes);

  return {
    accounts: new AccountService(issuer),
    permissionService,
    credentialService: new CredentialService({ ...changes, permissionService }),
    pool,
    relay,
    urls,
    cache,
    directory,
    draining,
    problems,
    metrics,
    authenticator,
    clientCertificates,
    birthCerts: new BirthCertService({
      ...{ births, mints, directory, tenants, outbox, relay, cache: clientCertificates },
    }),
    audits: new AuditRecorder({ dataSource, outbox, relay, directory, clock }),
    meterings: new MeteringDesk(rpc.client(MeteringService), directory),
    trails: new AuditTrailService(rpc.client(AuditService), directory),
    mintRoutes: new MintRoutes({ mints, clientCertificates: certificates, problems }),
    issueRoutes: new IssueRoutes({
      ...{ mints, clientCertificates: certificates, authenticator, problems },
      issueRoutes: [...scopedMintRoutes, ...freeIssueRoutes],
    }),
    customerService: new CustomerService({
      ...{ provisioner, issuer, billing: rpc.client(BillingService) },
      ...{ directory, customers, bearers, cache, tenants, outbox, relay, urls, logger },
      baseDomain: config.baseDomain,
    }),
    signIns: new SignInService({ identities, sessions, urls, logger }),
    signUps: new SignUpService({
      ...{ provisioner, signUps: new SignUpRepository(dataSource), customers, directory, bearers, cache },
      ...{ tenants, outbox: new Outbox(service), relay, urls, clock, logger, baseDomain: config.baseDomain },
    }),
    devices: new DeviceService({ dataSource, urls, clock }),
    pages: new PageFiles(),
    relyingParties,
    ceremonyService: new CeremonyService({ provisioner, logger }),
    artifacts: new TrustArtifactService(provisioner, clock),
    serials: new SerialStatusService(directory, revocation),
    bulk: new BulkService(directory, revocation),
    crlCache: new CrlCacheService(directory, revocation),
    revocations: new RevocationDoor(directory, revocation),
    statuses: new StatusService(rpc, productVersion()),
    async close(): Promise<void> {
      await uses.stop();
      relyingParties.close();
      await relay.stop();
      await Promise.all([dataSource.destroy(), pool.end()]);
    },
  };
}
