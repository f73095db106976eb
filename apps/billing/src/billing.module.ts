import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import type { BillingConfig } from '#libs/config';
import { ProvisionerService, UsageService } from '#libs/contracts';
import {
  checkSchema,
  createPool,
  databaseModule,
  dataSourceToken,
  type MigrationSet,
  Outbox,
  OutboxRelay,
  TenantScope,
} from '#libs/database';
import { checkHealth, PeriodicJob, type RunningService, type ServiceDeps } from '#libs/service';
import { AuditController } from './audit/audit.controller.js';
import { followForAudit } from './audit/audit.follower.js';
import { auditMetrics } from './audit/audit.metrics.js';
import { AuditRepository } from './audit/audit.repository.js';
import { AuditWriter } from './audit/audit.writer.js';
import { followCustomers } from './entitlement/customer-follower.js';
import { EntitlementController } from './entitlement/entitlement.controller.js';
import { EntitlementEntity } from './entitlement/entitlement.entity.js';
import { EntitlementRepository } from './entitlement/entitlement.repository.js';
import { EntitlementService } from './entitlement/entitlement.service.js';
import { MeteringController } from './metering/metering.controller.js';
import { meteringMetrics } from './metering/metering.metrics.js';
import { UsageRepository } from './metering/usage.repository.js';
import { UsageReconciler } from './metering/usage-reconciler.js';
import { CreateBilling1795363200000 } from './migrations/1795363200000-create-billing.migration.js';
import { AddLifetimeLimits1795500000000 } from './migrations/1795500000000-add-lifetime-limits.migration.js';
import { CreateAudit1795506400000 } from './migrations/1795506400000-create-audit.migration.js';
import { CreateUsage1795510000000 } from './migrations/1795510000000-create-usage.migration.js';

export const billingMigrations: MigrationSet = {
  service: 'billing',
  migrations: [
    CreateBilling1795363200000,
    AddLifetimeLimits1795500000000,
    CreateAudit1795506400000,
    CreateUsage1795510000000,
  ],
};

export type BillingDeps = ServiceDeps<BillingConfig>;

/** Connections of the outbox relay, the health check, the audit trail and metering, beside those of TypeORM. */
const relayConnections = 6;
const dayMs = 86_400_000;
/** How often it is looked whether a night wants to be reconciled. */
const nightlyLookMs = 10 * 60_000;
/** How long an event may come again, in days: longer than the event bus keeps it. */
const deliveryDays = 30;

interface BillingParts {
  readonly trail: AuditRepository;
  readonly usage: UsageRepository;
  readonly reconciler: UsageReconciler;
}

@Module({})
export class BillingModule {
  /** @param relay is started and stopped by the caller */
  static register({ config, clock }: BillingDeps, relay: OutboxRelay, parts: BillingParts): DynamicModule {
    return {
      module: BillingModule,
      imports: [databaseModule(config.database, { service: 'billing', entities: [EntitlementEntity] })],
      controllers: [EntitlementController, AuditController, MeteringController],
      providers: [
        { provide: AuditRepository, useValue: parts.trail },
        { provide: UsageRepository, useValue: parts.usage },
        { provide: UsageReconciler, useValue: parts.reconciler },
        {
          provide: EntitlementService,
          inject: [dataSourceToken('billing')],
          useFactory: (dataSource: DataSource) =>
            new EntitlementService({
              scope: new TenantScope(dataSource),
              entitlements: new EntitlementRepository(),
              outbox: new Outbox('billing'),
              relay,
              clock,
            }),
        },
      ],
    };
  }
}

/** Starts billing on a current schema: serves calls and follows events. */
export async function startBilling(deps: BillingDeps): Promise<RunningService> {
  const { config, rpc, events, logger, metrics, clock } = deps;
  const service = 'billing';
  const pool = createPool({ ...config.database, poolSize: relayConnections }, { service });
  const relay = new OutboxRelay({ pool, service, events, logger, metrics });
  const trail = new AuditRepository(pool);
  const writer = new AuditWriter(trail, auditMetrics(metrics));
  const usage = new UsageRepository(pool);
  const reconciler = new UsageReconciler({
    ...{ usage, trail: writer, clock, logger, metrics: meteringMetrics(metrics) },
    ...{ issuer: rpc.client(UsageService), provisioner: rpc.client(ProvisionerService) },
  });
  const app = await NestFactory.createMicroservice(
    BillingModule.register(deps, relay, { trail, usage, reconciler }),
    {
      strategy: rpc.server(),
      logger: ['error', 'warn'],
    },
  );
  await app.listen();
  const subscriptions = [
    await followCustomers(events, app.get(EntitlementService)),
    ...(await followForAudit(events, writer, clock)),
  ];
  const purge = new PeriodicJob({
    name: 'audit deliveries',
    everyMs: dayMs,
    logger,
    work: () => trail.forgetDeliveries(new Date(clock.now() - deliveryDays * dayMs)),
  });
  const nightly = new PeriodicJob({
    name: 'reconcile usage',
    everyMs: nightlyLookMs,
    logger,
    work: () => reconciler.nightly(),
  });
  relay.start();
  return {
    name: service,
    ready: () => checkHealth([{ name: 'database', check: () => checkSchema(pool, billingMigrations) }]),
    async stop() {
      await Promise.all(subscriptions.map((each) => each.close()));
      await Promise.all([purge.stop(), nightly.stop()]);
      await app.close();
      await relay.stop();
      await pool.end();
    },
  };
}
