import 'reflect-metadata';
import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import type { ProvisionerConfig } from '#libs/config';
import {
  checkSchema,
  createPool,
  databaseModule,
  dataSourceToken,
  type MigrationSet,
  OutboxRelay,
  waitForSchema,
} from '#libs/database';
import type { KeyManagement } from '#libs/kms';
import { checkHealth, openSigner, type RunningService, type ServiceDeps } from '#libs/service';
import { AuthorityController } from './authority/authority.controller.js';
import { AuthorityService } from './authority/authority.service.js';
import { CeremonyRunner, concurrentCeremonies } from './ceremony/ceremony.runner.js';
import { CustomerController } from './customer/customer.controller.js';
import { CustomerService } from './customer/customer.service.js';
import { ImportController } from './import/import.controller.js';
import { ImportService } from './import/import.service.js';
import { CreateProvisioner1795363200000 } from './migrations/1795363200000-create-provisioner.migration.js';
import { CeremonyTranscript1795449600000 } from './migrations/1795449600000-ceremony-transcript.migration.js';
import { CrlShards1795449900000 } from './migrations/1795449900000-crl-shards.migration.js';
import { AddTiers1795500000000 } from './migrations/1795500000000-add-tiers.migration.js';
import { MoreCrlShards1796100000000 } from './migrations/1796100000000-more-crl-shards.migration.js';
import { provisionerEntities } from './provisioner.entities.js';
import { createServices, type ProvisionerParts, type ProvisionerServices } from './provisioner.services.js';
import { RootCrlController } from './root-crl/root-crl.controller.js';
import { RootCrlService } from './root-crl/root-crl.service.js';
import { RotationController } from './rotation/rotation.controller.js';
import { RotationService } from './rotation/rotation.service.js';
import { Scheduler } from './scheduler/scheduler.js';
import { TranscriptController } from './transcript/transcript.controller.js';
import { TranscriptService } from './transcript/transcript.service.js';

const name = 'provisioner';

export const provisionerMigrations: MigrationSet = {
  service: name,
  migrations: [
    CreateProvisioner1795363200000,
    CeremonyTranscript1795449600000,
    CrlShards1795449900000,
    AddTiers1795500000000,
    MoreCrlShards1796100000000,
  ],
};

export interface ProvisionerDeps extends ServiceDeps<ProvisionerConfig> {
  /** Default: the backend of the configuration. */
  readonly signer?: KeyManagement;
}

const services = Symbol('services');

/** A provider that takes one of the services. */
function service<T>(token: Type<T>, pick: (all: ProvisionerServices) => T): Provider {
  return { provide: token, inject: [services], useFactory: pick };
}

@Module({})
export class ProvisionerModule {
  static register(deps: ProvisionerDeps, parts: ProvisionerParts): DynamicModule {
    return {
      module: ProvisionerModule,
      imports: [databaseModule(deps.config.database, { service: name, entities: provisionerEntities })],
      controllers: [
        CustomerController,
        AuthorityController,
        RotationController,
        ImportController,
        TranscriptController,
        RootCrlController,
      ],
      providers: [
        {
          provide: services,
          inject: [dataSourceToken(name)],
          useFactory: (dataSource: DataSource) => createServices(dataSource, deps, parts),
        },
        service(AuthorityService, ({ authorityService }) => authorityService),
        service(CustomerService, ({ customers }) => customers),
        service(RotationService, ({ rotations }) => rotations),
        service(ImportService, ({ imports }) => imports),
        service(TranscriptService, ({ transcripts }) => transcripts),
        service(RootCrlService, ({ rootCrls }) => rootCrls),
        service(CeremonyRunner, ({ runner }) => runner),
        service(Scheduler, ({ scheduler }) => scheduler),
      ],
    };
  }
}

/** Connections of the outbox relay and the health check, beside those of TypeORM and of the locks. */
const relayConnections = 2;

/** Starts the provisioner: opens the keys, waits for its schema, serves calls, and continues ceremonies. */
export async function startProvisioner(deps: ProvisionerDeps): Promise<RunningService> {
  const { config, rpc, events, logger, metrics } = deps;
  const signer = deps.signer ?? (await openSigner(deps));
  const pool = createPool({ ...config.database, poolSize: relayConnections }, { service: name });
  const lockPool = createPool({ ...config.database, poolSize: concurrentCeremonies + 1 }, { service: name });
  await waitForSchema(pool, provisionerMigrations, {
    onWait: (reason) => logger.info({ reason }, 'waiting for the schema'),
  });
  const relay = new OutboxRelay({ pool, service: name, events, logger, metrics });
  const app = await NestFactory.createMicroservice(
    ProvisionerModule.register(deps, { signer, relay, lockPool }),
    { strategy: rpc.server(), logger: ['error', 'warn'] },
  );
  await app.listen();
  const runner = app.get(CeremonyRunner);
  relay.start();
  runner.start();
  const scheduler = app.get(Scheduler);
  scheduler.start();
  return {
    name,
    ready: () => checkHealth([{ name: 'database', check: () => checkSchema(pool, provisionerMigrations) }]),
    async stop() {
      await scheduler.stop();
      await runner.stop();
      await app.close();
      await relay.stop();
      await Promise.all([pool.end(), lockPool.end(), deps.signer ? undefined : signer.close()]);
    },
  };
}
