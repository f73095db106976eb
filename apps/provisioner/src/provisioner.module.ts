import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { type ProvisionerConfig, StartError } from '#libs/config';
import {
  checkSchema,
  createPool,
  databaseModule,
  dataSourceToken,
  type MigrationSet,
  Outbox,
  OutboxRelay,
  TenantScope,
  waitForSchema,
} from '#libs/database';
import { createSigner, kmsSettings, type Signer, signerFailureReason } from '#libs/kms';
import { checkHealth, type RunningService, type ServiceDeps } from '#libs/service';
import { AuthorityController } from './authority/authority.controller.js';
import { AuthorityEntity } from './authority/authority.entity.js';
import { AuthorityRepository } from './authority/authority.repository.js';
import { AuthorityService } from './authority/authority.service.js';
import { CeremonyEntity, CeremonyStepEntity } from './ceremony/ceremony.entity.js';
import { CeremonyMetrics } from './ceremony/ceremony.metrics.js';
import { CeremonyRepository } from './ceremony/ceremony.repository.js';
import { CeremonyRunner, concurrentCeremonies } from './ceremony/ceremony.runner.js';
import { CeremonyService } from './ceremony/ceremony.service.js';
import { CustomerController } from './customer/customer.controller.js';
import { CustomerEntity } from './customer/customer.entity.js';
import { CustomerRepository } from './customer/customer.repository.js';
import { CustomerService } from './customer/customer.service.js';
import { CreateProvisioner1795363200000 } from './migrations/1795363200000-create-provisioner.migration.js';
import { CrlShards1795449900000 } from './migrations/1795449900000-crl-shards.migration.js';
import { RootCrlController } from './root-crl/root-crl.controller.js';
import { RootCrlService } from './root-crl/root-crl.service.js';
import { TrustArtifactEntity } from './trust-artifact/trust-artifact.entity.js';
import { TrustArtifactRepository } from './trust-artifact/trust-artifact.repository.js';
import { TrustArtifactService } from './trust-artifact/trust-artifact.service.js';

const service = 'provisioner';

export const provisionerMigrations: MigrationSet = {
  service,
  migrations: [CreateProvisioner1795363200000, CrlShards1795449900000],
};

export interface ProvisionerDeps extends ServiceDeps<ProvisionerConfig> {
  /** Default: the backend of the configuration. */
  readonly signer?: Signer;
}

/** What the module is given beside its dependencies; the caller starts, stops and closes it. */
export interface ProvisionerParts {
  readonly signer: Signer;
  readonly relay: OutboxRelay;
  /** For the locks of ceremonies under way: one connection each. */
  readonly lockPool: ReturnType<typeof createPool>;
}

const entities = [
  CustomerEntity,
  AuthorityEntity,
  TrustArtifactEntity,
  CeremonyEntity,
  CeremonyStepEntity,
] as const;

@Module({})
export class ProvisionerModule {
  static register(deps: ProvisionerDeps, parts: ProvisionerParts): DynamicModule {
    const { config, clock, logger, metrics } = deps;
    const { signer, relay, lockPool } = parts;
    const customers = new CustomerRepository();
    const ceremonies = new CeremonyRepository();
    const authorities = new AuthorityRepository();
    const artifacts = new TrustArtifactRepository();
    const outbox = new Outbox(service);
    const trustArtifacts = new TrustArtifactService(artifacts, clock);
    return {
      module: ProvisionerModule,
      imports: [databaseModule(config.database, { service, entities: [...entities] })],
      controllers: [CustomerController, AuthorityController, RootCrlController],
      providers: [
        {
          provide: TenantScope,
          inject: [dataSourceToken('provisioner')],
          useFactory: (dataSource: DataSource) => new TenantScope(dataSource),
        },
        {
          provide: AuthorityService,
          inject: [TenantScope],
          useFactory: (scope: TenantScope) =>
            new AuthorityService({ scope, customers, authorities, artifacts }),
        },
        {
          provide: RootCrlService,
          inject: [TenantScope],
          useFactory: (scope: TenantScope) => new RootCrlService({ scope, authorities, signer, clock }),
        },
        {
          provide: CeremonyService,
          inject: [TenantScope, AuthorityService],
          useFactory: (scope: TenantScope, authorityService: AuthorityService) => {
            const repositories = { ceremonies, customers, authorities };
            const { pkiUrl } = config;
            const services = { scope, authorityService, trustArtifacts, outbox, signer, clock };
            return new CeremonyService({ ...repositories, ...services, pkiUrl });
          },
        },
        {
          provide: CeremonyRunner,
          inject: [TenantScope, CeremonyService],
          useFactory: (scope: TenantScope, ceremonyService: CeremonyService) => {
            const unfinished = () => scope.everyCustomer((manager) => ceremonies.unfinished(manager));
            return new CeremonyRunner({
              ...{ scope, ceremonies, service: ceremonyService, lockPool, relay, clock, logger },
              metrics: new CeremonyMetrics(metrics, unfinished),
            });
          },
        },
        {
          provide: CustomerService,
          inject: [TenantScope, CeremonyRunner],
          useFactory: (scope: TenantScope, runner: CeremonyRunner) =>
            new CustomerService({ scope, customers, ceremonies, outbox, clock, relay, runner }),
        },
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
  const pool = createPool({ ...config.database, poolSize: relayConnections }, { service });
  const lockPool = createPool({ ...config.database, poolSize: concurrentCeremonies }, { service });
  await waitForSchema(pool, provisionerMigrations, {
    onWait: (reason) => logger.info({ reason }, 'waiting for the schema'),
  });
  const relay = new OutboxRelay({ pool, service, events, logger, metrics });
  const app = await NestFactory.createMicroservice(
    ProvisionerModule.register(deps, { signer, relay, lockPool }),
    { strategy: rpc.server(), logger: ['error', 'warn'] },
  );
  await app.listen();
  const runner = app.get(CeremonyRunner);
  relay.start();
  runner.start();
  return {
    name: service,
    ready: () => checkHealth([{ name: 'database', check: () => checkSchema(pool, provisionerMigrations) }]),
    async stop() {
      await runner.stop();
      await app.close();
      await relay.stop();
      await Promise.all([pool.end(), lockPool.end()]);
    },
  };
}

/** @throws StartError when the configured key cannot open the key store: an operator has to act */
async function openSigner({ config, clock, logger }: ProvisionerDeps): Promise<Signer> {
  try {
    return await createSigner(kmsSettings(config.kms), {
      warn: (message) => logger.warn(message),
      now: () => clock.now(),
    });
  } catch (error) {
    if (!(error instanceof Error) || !signerFailureReason(error)) throw error;
    throw new StartError(error.message, { cause: error });
  }
}
