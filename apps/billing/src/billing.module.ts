import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import type { BillingConfig } from '#libs/config';
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
import { checkHealth, type RunningService, type ServiceDeps } from '#libs/service';
import { followCustomers } from './entitlement/customer-follower.js';
import { EntitlementController } from './entitlement/entitlement.controller.js';
import { EntitlementEntity } from './entitlement/entitlement.entity.js';
import { EntitlementRepository } from './entitlement/entitlement.repository.js';
import { EntitlementService } from './entitlement/entitlement.service.js';
import { CreateBilling1795363200000 } from './migrations/1795363200000-create-billing.migration.js';

export const billingMigrations: MigrationSet = {
  service: 'billing',
  migrations: [CreateBilling1795363200000],
};

export type BillingDeps = ServiceDeps<BillingConfig>;

/** Connections of the outbox relay and the health check, beside those of TypeORM. */
const relayConnections = 2;

@Module({})
export class BillingModule {
  /** @param relay is started and stopped by the caller */
  static register({ config, clock }: BillingDeps, relay: OutboxRelay): DynamicModule {
    return {
      module: BillingModule,
      imports: [databaseModule(config.database, { service: 'billing', entities: [EntitlementEntity] })],
      controllers: [EntitlementController],
      providers: [
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
  const { config, rpc, events, logger, metrics } = deps;
  const service = 'billing';
  const pool = createPool({ ...config.database, poolSize: relayConnections }, { service });
  const relay = new OutboxRelay({ pool, service, events, logger, metrics });
  const app = await NestFactory.createMicroservice(BillingModule.register(deps, relay), {
    strategy: rpc.server(),
    logger: ['error', 'warn'],
  });
  await app.listen();
  const subscription = await followCustomers(events, app.get(EntitlementService));
  relay.start();
  return {
    name: service,
    ready: () => checkHealth([{ name: 'database', check: () => checkSchema(pool, billingMigrations) }]),
    async stop() {
      await subscription.close();
      await app.close();
      await relay.stop();
      await pool.end();
    },
  };
}
