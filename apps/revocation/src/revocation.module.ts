import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { RevocationConfig } from '#libs/config';
import { IssuerService } from '#libs/contracts';
import { checkSchema, createPool, type MigrationSet } from '#libs/database';
import { checkHealth, type RunningService, type ServiceDeps } from '#libs/service';
import { CreateRevocation1795363200000 } from './migrations/1795363200000-create-revocation.migration.js';
import { followIssued } from './serial-status/issued.follower.js';
import { IssuedSerialRepository } from './serial-status/issued-serial.repository.js';
import { IssuedSerialWriter } from './serial-status/issued-serial.writer.js';
import { SerialPartitions } from './serial-status/serial-partitions.js';
import { SerialStatusController } from './serial-status/serial-status.controller.js';
import { serialStatusMetrics } from './serial-status/serial-status.metrics.js';
import { SerialStatusService } from './serial-status/serial-status.service.js';

export const revocationMigrations: MigrationSet = {
  service: 'revocation',
  migrations: [CreateRevocation1795363200000],
};

export type RevocationDeps = ServiceDeps<RevocationConfig>;

@Module({})
export class RevocationModule {
  static register(serialStatus: SerialStatusService): DynamicModule {
    return {
      module: RevocationModule,
      controllers: [SerialStatusController],
      providers: [{ provide: SerialStatusService, useValue: serialStatus }],
    };
  }
}

/** Starts revocation on a current schema: makes partitions, then serves calls and follows events. */
export async function startRevocation(deps: RevocationDeps): Promise<RunningService> {
  const { config, rpc, events, clock, logger } = deps;
  const service = 'revocation';
  const pool = createPool(config.database, { service });
  const metrics = serialStatusMetrics(deps.metrics);
  const serials = new IssuedSerialRepository(pool);
  const partitions = new SerialPartitions({ pool, clock, logger });
  await partitions.start();

  const issuer = rpc.client(IssuerService);
  const serialStatus = new SerialStatusService({ serials, partitions, issuer, clock, metrics });
  const app = await NestFactory.createMicroservice(RevocationModule.register(serialStatus), {
    strategy: rpc.server(),
    logger: ['error', 'warn'],
  });
  await app.listen();
  const subscription = await followIssued(events, new IssuedSerialWriter(serials, metrics));
  return {
    name: service,
    ready: () => checkHealth([{ name: 'database', check: () => checkSchema(pool, revocationMigrations) }]),
    async stop() {
      await subscription.close();
      await app.close();
      await partitions.stop();
      await pool.end();
    },
  };
}
