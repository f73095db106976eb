import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { BillingService, ProvisionerService } from '#libs/contracts';
import { checkSchema, databaseModule, dataSourceToken, type MigrationSet, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import { checkHealth, PeriodicJob, type RunningService } from '#libs/service';
import { AuthorityEntity } from './authority/authority.entity.js';
import { followAuthorities } from './authority/authority.projection.js';
import { AuthorityRepository } from './authority/authority.repository.js';
import { AuthorityService } from './authority/authority.service.js';
import { CustomerEntity } from './authority/customer.entity.js';
import { BlockedKeyRepository } from './blocked-key/blocked-key.repository.js';
import { BlockedKeys } from './blocked-key/blocked-keys.js';
import { CertificateController } from './certificate/certificate.controller.js';
import { CertificateEntity } from './certificate/certificate.entity.js';
import { CertificateRepository } from './certificate/certificate.repository.js';
import { ensurePartitions } from './certificate/partitions.js';
import { purgeIdempotency } from './idempotency/idempotency.purge.js';
import { IdempotencyRepository } from './idempotency/idempotency.repository.js';
import { ReplayService } from './idempotency/replay.service.js';
import { type IssuerDeps, type IssuerParts, openParts } from './issuer.parts.js';
import { tokens } from './issuer.tokens.js';
import { KeyProblemRepository } from './key-problem/key-problem.repository.js';
import { Issuer1795363200000 } from './migrations/1795363200000-issuer.migration.js';
import { RecordResponder1795449700000 } from './migrations/1795449700000-record-responder.migration.js';
import { BlockedKeys1795449900000 } from './migrations/1795449900000-blocked-keys.migration.js';
import { CrlShards1795450000000 } from './migrations/1795450000000-crl-shards.migration.js';
import { TiersAndProfiles1795500000000 } from './migrations/1795500000000-tiers-and-profiles.migration.js';
import { ReconcileQuota1795506400000 } from './migrations/1795506400000-reconcile-quota.migration.js';
import { KeyProblem1795510000000 } from './migrations/1795510000000-key-problem.migration.js';
import { MoreCrlShards1796100000000 } from './migrations/1796100000000-more-crl-shards.migration.js';
import { MintController } from './mint/mint.controller.js';
import { MintMetrics } from './mint/mint.metrics.js';
import { MintService } from './mint/mint.service.js';
import { EntitlementService } from './quota/entitlement.service.js';
import { ExhaustedCustomers } from './quota/exhausted-customers.js';
import { QuotaController } from './quota/quota.controller.js';
import { QuotaRepository } from './quota/quota.repository.js';
import { UsageController } from './quota/usage.controller.js';
import { ResponderController } from './responder/responder.controller.js';
import { ResponderService } from './responder/responder.service.js';

export type { IssuerDeps } from './issuer.parts.js';

const service = 'issuer';
const minute = 60_000;

export const issuerMigrations: MigrationSet = {
  service,
  migrations: [
    Issuer1795363200000,
    RecordResponder1795449700000,
    BlockedKeys1795449900000,
    CrlShards1795450000000,
    TiersAndProfiles1795500000000,
    ReconcileQuota1795506400000,
    KeyProblem1795510000000,
    MoreCrlShards1796100000000,
  ],
};

@Module({})
export class IssuerModule {
  static register(deps: IssuerDeps, parts: IssuerParts): DynamicModule {
    const { config, clock, logger, rpc } = deps;
    const { metrics, mintPool: pool, remote, ledger } = parts;
    const exhausted = new ExhaustedCustomers(clock);
    const entities = [AuthorityEntity, CustomerEntity, CertificateEntity];
    return {
      module: IssuerModule,
      imports: [databaseModule({ ...config.database, poolSize: parts.readPoolSize }, { service, entities })],
      controllers: [
        MintController,
        CertificateController,
        QuotaController,
        UsageController,
        ResponderController,
      ],
      providers: [
        { provide: tokens.clock, useValue: clock },
        { provide: tokens.logger, useValue: logger },
        { provide: MintMetrics, useValue: metrics },
        {
          provide: TenantScope,
          inject: [dataSourceToken('issuer')],
          useFactory: (dataSource: DataSource) => new TenantScope(dataSource),
        },
        {
          provide: AuthorityRepository,
          inject: [TenantScope],
          useFactory: (scope: TenantScope) => new AuthorityRepository(scope),
        },
        {
          provide: CertificateRepository,
          inject: [TenantScope],
          useFactory: (scope: TenantScope) => new CertificateRepository(scope),
        },
        {
          provide: QuotaRepository,
          inject: [TenantScope],
          useFactory: (scope: TenantScope) => new QuotaRepository(scope),
        },
        { provide: KeyProblemRepository, useValue: new KeyProblemRepository(parts.pool) },
        {
          provide: AuthorityService,
          inject: [AuthorityRepository],
          useFactory: (repository: AuthorityRepository) =>
            new AuthorityService({
              repository,
              provisioner: rpc.client(ProvisionerService),
              clock,
              names: config,
            }),
        },
        {
          provide: EntitlementService,
          inject: [QuotaRepository, AuthorityRepository],
          useFactory: (repository: QuotaRepository, authorities: AuthorityRepository) =>
            new EntitlementService({
              ...{ repository, exhausted, authorities },
              billing: rpc.client(BillingService),
            }),
        },
        {
          provide: ReplayService,
          inject: [TenantScope, CertificateRepository, AuthorityService],
          useFactory: (
            scope: TenantScope,
            certificates: CertificateRepository,
            authorities: AuthorityService,
          ) =>
            new ReplayService({ keys: new IdempotencyRepository(scope), certificates, authorities, clock }),
        },
        {
          provide: ResponderService,
          inject: [AuthorityService],
          useFactory: (authorities: AuthorityService) =>
            new ResponderService({ authorities, signer: parts.signer, pool: parts.pool, clock }),
        },
        {
          provide: BlockedKeys,
          inject: [CertificateRepository],
          useFactory: (certificates: CertificateRepository) =>
            new BlockedKeys({
              repository: new BlockedKeyRepository(parts.pool),
              ...{ certificates, logger: deps.logger },
            }),
        },
        {
          provide: MintService,
          inject: [AuthorityService, EntitlementService, ReplayService, BlockedKeys],
          useFactory: (
            authorities: AuthorityService,
            entitlements: EntitlementService,
            replays: ReplayService,
            blockedKeys: BlockedKeys,
          ) =>
            new MintService({
              ...{ authorities, entitlements, replays, blockedKeys },
              ...{ pool, remote, ledger, exhausted, metrics, clock },
            }),
        },
      ],
    };
  }
}

/** Starts the issuer on a current schema: makes partitions, follows events, then serves calls. */
export async function startIssuer(deps: IssuerDeps): Promise<RunningService> {
  const { clock, events, logger } = deps;
  const parts = await openParts(deps);
  const { pool, relay, mintPool } = parts;
  const app = await NestFactory.createMicroservice(IssuerModule.register(deps, parts), {
    strategy: deps.rpc.server(),
    logger: ['error', 'warn'],
  });
  await ensurePartitions(pool, clock.now());
  const blockedKeys = app.get(BlockedKeys);
  const subscriptions = [
    ...(await followAuthorities({
      events,
      repository: app.get(AuthorityRepository),
      authorities: app.get(AuthorityService),
    })),
    ...(await app.get(EntitlementService).follow(events)),
    ...(await blockedKeys.follow(events)),
  ];
  await blockedKeys.refresh();
  await app.listen();
  relay.start();
  const jobs = [
    job('partitions', 24 * 60 * minute, () => ensurePartitions(pool, clock.now())),
    job('blocked keys', minute, () => blockedKeys.refresh()),
    job('idempotency keys', 10 * minute, () => purgeIdempotency(pool, clock.now())),
  ];
  function job(name: string, everyMs: number, work: () => Promise<void>): PeriodicJob {
    return new PeriodicJob({ name, everyMs, logger, work });
  }
  return {
    name: service,
    ready: () =>
      checkHealth([
        { name: 'database', check: () => checkSchema(pool, issuerMigrations) },
        { name: 'workers', check: async () => assertWorkers(mintPool.size, deps.config.workers) },
      ]),
    async stop() {
      await Promise.all(jobs.map((each) => each.stop()));
      await Promise.all(subscriptions.map((each) => each.close()));
      await app.close();
      await parts.close();
    },
  };
}

function assertWorkers(running: number, configured: number): void {
  if (running > 0 || configured === 0) return;
  throw new DomainError('service_unavailable', 'No mint worker runs.');
}
