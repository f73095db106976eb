import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { RevocationConfig } from '#libs/config';
import { IssuerService } from '#libs/contracts';
import { checkSchema, createPool, type MigrationSet, OutboxRelay } from '#libs/database';
import { checkHealth, type RunningService, type ServiceDeps } from '#libs/service';
import { BulkController } from './bulk/bulk.controller.js';
import { BulkRunner } from './bulk/bulk.runner.js';
import { BulkService } from './bulk/bulk.service.js';
import { BulkJobRepository } from './bulk/bulk-job.repository.js';
import { BulkSelection } from './bulk/bulk-selection.js';
import { CrlController } from './crl/crl.controller.js';
import { CrlStatusService } from './crl/crl-status.service.js';
import { followerMetrics } from './follow/follower.metrics.js';
import { JournalFollower } from './follow/journal.follower.js';
import { CertificateFinder } from './journal/certificate-finder.js';
import { IssuedAuthorityRepository } from './journal/issued-authority.repository.js';
import { journalMetrics } from './journal/journal.metrics.js';
import { JournalRepository } from './journal/journal.repository.js';
import { RevocationAnnouncer } from './journal/revocation.announcer.js';
import { RevocationController } from './journal/revocation.controller.js';
import { RevocationService } from './journal/revocation.service.js';
import { CreateRevocation1795363200000 } from './migrations/1795363200000-create-revocation.migration.js';
import { CreateJournal1795449600000 } from './migrations/1795449600000-create-journal.migration.js';
import { CreateCrlAndOcsp1795449800000 } from './migrations/1795449800000-create-crl-and-ocsp.migration.js';
import { CreateBulkJob1795450000000 } from './migrations/1795450000000-create-bulk-job.migration.js';
import { ProbeRevokedByKey1795450400000 } from './migrations/1795450400000-probe-revoked-by-key.migration.js';
import { SharedAuthority1795500000000 } from './migrations/1795500000000-shared-authority.migration.js';
import { CrlAsItIs1795600000000 } from './migrations/1795600000000-crl-as-it-is.migration.js';
import { IssuedProfile1795700000000 } from './migrations/1795700000000-issued-profile.migration.js';
import { MoreCrlShards1796100000000 } from './migrations/1796100000000-more-crl-shards.migration.js';
import { startPublishing } from './publishing.js';
import { PublishedRecord } from './restore/published-record.js';
import { ReconcileController } from './restore/reconcile.controller.js';
import { ReconcileService } from './restore/reconcile.service.js';
import { restoreMetrics } from './restore/restore.metrics.js';
import { RestoreRepository } from './restore/restore.repository.js';
import { RestoreGuard } from './restore/restore-guard.js';
import { followIssued } from './serial-status/issued.follower.js';
import { IssuedSerialRepository } from './serial-status/issued-serial.repository.js';
import { IssuedSerialWriter } from './serial-status/issued-serial.writer.js';
import { SerialPartitions } from './serial-status/serial-partitions.js';
import { SerialStatusController } from './serial-status/serial-status.controller.js';
import { serialStatusMetrics } from './serial-status/serial-status.metrics.js';
import { SerialStatusService } from './serial-status/serial-status.service.js';

export const revocationMigrations: MigrationSet = {
  service: 'revocation',
  migrations: [
    CreateRevocation1795363200000,
    CreateJournal1795449600000,
    CreateCrlAndOcsp1795449800000,
    CreateBulkJob1795450000000,
    SharedAuthority1795500000000,
    CrlAsItIs1795600000000,
    IssuedProfile1795700000000,
    ProbeRevokedByKey1795450400000,
    MoreCrlShards1796100000000,
  ],
};

export type RevocationDeps = ServiceDeps<RevocationConfig>;

/** What answers the calls. */
export interface RevocationParts {
  readonly serialStatus: SerialStatusService;
  readonly revocations: RevocationService;
  readonly crlStatus: CrlStatusService;
  readonly reconciliations: ReconcileService;
  readonly bulk: BulkService;
}

@Module({})
export class RevocationModule {
  static register(parts: RevocationParts): DynamicModule {
    return {
      module: RevocationModule,
      controllers: [
        SerialStatusController,
        RevocationController,
        CrlController,
        ReconcileController,
        BulkController,
      ],
      providers: [
        { provide: SerialStatusService, useValue: parts.serialStatus },
        { provide: RevocationService, useValue: parts.revocations },
        { provide: CrlStatusService, useValue: parts.crlStatus },
        { provide: BulkService, useValue: parts.bulk },
        { provide: ReconcileService, useValue: parts.reconciliations },
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

  const announcer = new RevocationAnnouncer({ events, logger });
  const journal = new JournalRepository(pool, (event) => announcer.announce(event));
  // Revocations that wait for each other must not keep a replica from hearing of those that are done.
  const followerPool = createPool({ ...config.database, poolSize: 1 }, { service });
  const follower = new JournalFollower({
    ...{ pool: followerPool, journal: new JournalRepository(followerPool), clock, logger },
    metrics: followerMetrics(deps.metrics),
  });
  const record = await PublishedRecord.open(config.recordDir);
  follower.onEntry((entry) => record.add(entry));
  await follower.start();
  const repository = new RestoreRepository(pool);
  const guard = new RestoreGuard({
    ...{ record, journal, repository, logger },
    onReplayed: () => follower.poke(),
    metrics: restoreMetrics(deps.metrics),
  });
  await guard.start();

  const issuer = rpc.client(IssuerService);
  const relay = new OutboxRelay({ pool, service, events, logger, metrics: deps.metrics });
  const certificates = new CertificateFinder({
    ...{ serials, partitions, issuer, clock },
    authorities: new IssuedAuthorityRepository(pool),
  });
  const serialStatus = new SerialStatusService({ certificates, guard, clock, metrics });
  const onAppended = async (): Promise<void> => {
    relay.wake();
    await follower.poke();
    // The journal is durable: what cannot be written down a second time now, is with the next entry.
    await record.flushed().catch((error: unknown) => {
      logger.error({ err: error }, 'revocations could not be recorded outside of the database');
    });
  };
  const revocations = new RevocationService({
    ...{ certificates, journal, onAppended, clock },
    metrics: journalMetrics(deps.metrics),
  });
  const jobs = new BulkJobRepository(pool);
  const selection = new BulkSelection({ pool, issuer });
  const runner = new BulkRunner({ jobs, selection, certificates, journal, onAppended, clock, logger });
  const onAdded = (): void => {
    relay.wake();
    runner.wake();
  };
  const bulk = new BulkService({ jobs, selection, certificates, onAdded, clock, logger });
  const reconciliations = new ReconcileService({ guard, record, repository, journal, revocations });
  const { crlStatus, ...publishing } = await startPublishing({
    ...{ deps, pool, certificates, follower, guard, record },
    onEvent: () => relay.wake(),
  });
  const app = await NestFactory.createMicroservice(
    RevocationModule.register({ serialStatus, revocations, crlStatus, reconciliations, bulk }),
    {
      strategy: rpc.server(),
      logger: ['error', 'warn'],
    },
  );
  await app.listen();
  const subscription = await followIssued(events, new IssuedSerialWriter(serials, metrics));
  relay.start();
  runner.start();
  return {
    name: service,
    ready: () => checkHealth([{ name: 'database', check: () => checkSchema(pool, revocationMigrations) }]),
    async stop() {
      await runner.stop();
      await publishing.stop();
      await subscription.close();
      await app.close();
      await relay.stop();
      await guard.stop();
      await follower.stop();
      await record.close();
      await partitions.stop();
      await followerPool.end();
      await pool.end();
    },
  };
}
