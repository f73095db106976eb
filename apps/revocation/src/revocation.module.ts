import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { RevocationConfig } from '#libs/config';
import { IssuerService } from '#libs/contracts';
import { checkSchema, createPool, type MigrationSet, OutboxRelay } from '#libs/database';
import { checkHealth, type RunningService, type ServiceDeps } from '#libs/service';
import { CertificateFinder } from './journal/certificate-finder.js';
import { journalMetrics } from './journal/journal.metrics.js';
import { JournalRepository } from './journal/journal.repository.js';
import { RevocationController } from './journal/revocation.controller.js';
import { RevocationService } from './journal/revocation.service.js';
import { CreateRevocation1795363200000 } from './migrations/1795363200000-create-revocation.migration.js';
import { CreateJournal1795449600000 } from './migrations/1795449600000-create-journal.migration.js';
import { followIssued } from './serial-status/issued.follower.js';
import { IssuedSerialRepository } from './serial-status/issued-serial.repository.js';
import { IssuedSerialWriter } from './serial-status/issued-serial.writer.js';
import { SerialPartitions } from './serial-status/serial-partitions.js';
import { SerialStatusController } from './serial-status/serial-status.controller.js';
import { serialStatusMetrics } from './serial-status/serial-status.metrics.js';
import { SerialStatusService } from './serial-status/serial-status.service.js';

export const revocationMigrations: MigrationSet = {
  service: 'revocation',
  migrations: [CreateRevocation1795363200000, CreateJournal1795449600000],
};

export type RevocationDeps = ServiceDeps<RevocationConfig>;

/** What answers the calls. */
export interface RevocationParts {
  readonly serialStatus: SerialStatusService;
  readonly revocations: RevocationService;
}

@Module({})
export class RevocationModule {
  static register(parts: RevocationParts): DynamicModule {
    return {
      module: RevocationModule,
      controllers: [SerialStatusController, RevocationController],
      providers: [
        { provide: SerialStatusService, useValue: parts.serialStatus },
        { provide: RevocationService, useValue: parts.revocations },
      ],
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
  const relay = new OutboxRelay({ pool, service, events, logger, metrics: deps.metrics });
  const certificates = new CertificateFinder({ serials, partitions, issuer, clock });
  const serialStatus = new SerialStatusService({ certificates, clock, metrics });
  const revocations = new RevocationService({
    certificates,
    journal: new JournalRepository(pool),
    onAppended: () => relay.wake(),
    clock,
    metrics: journalMetrics(deps.metrics),
  });
  const app = await NestFactory.createMicroservice(RevocationModule.register({ serialStatus, revocations }), {
    strategy: rpc.server(),
    logger: ['error', 'warn'],
  });
  await app.listen();
  const subscription = await followIssued(events, new IssuedSerialWriter(serials, metrics));
  relay.start();
  return {
    name: service,
    ready: () => checkHealth([{ name: 'database', check: () => checkSchema(pool, revocationMigrations) }]),
    async stop() {
      await subscription.close();
      await app.close();
      await relay.stop();
      await partitions.stop();
      await pool.end();
    },
  };
}
