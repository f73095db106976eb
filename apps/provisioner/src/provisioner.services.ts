import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { Outbox, type OutboxRelay, TenantScope } from '#libs/database';
import type { KeyManagement } from '#libs/kms';
import { AuthorityRepository } from './authority/authority.repository.js';
import { AuthorityService } from './authority/authority.service.js';
import { CeremonyMetrics } from './ceremony/ceremony.metrics.js';
import { CeremonyRepository } from './ceremony/ceremony.repository.js';
import { CeremonyRunner } from './ceremony/ceremony.runner.js';
import { CeremonyService } from './ceremony/ceremony.service.js';
import { CustomerRepository } from './customer/customer.repository.js';
import { CustomerService } from './customer/customer.service.js';
import { ImportService } from './import/import.service.js';
import { KeyPool } from './key-pool/key-pool.js';
import { KeyPoolRepository } from './key-pool/key-pool.repository.js';
import { OrphanReconciler } from './orphan/orphan.reconciler.js';
import { OrphanRepository } from './orphan/orphan.repository.js';
import type { ProvisionerDeps } from './provisioner.module.js';
import { IdleRoots } from './root-crl/idle-roots.js';
import { RootCrlService } from './root-crl/root-crl.service.js';
import { RotationService } from './rotation/rotation.service.js';
import { Scheduler } from './scheduler/scheduler.js';
import { TranscriptService } from './transcript/transcript.service.js';
import { TrustArtifactRepository } from './trust-artifact/trust-artifact.repository.js';
import { TrustArtifactService } from './trust-artifact/trust-artifact.service.js';

/** What the services stand on; the caller starts, stops and closes it. */
export interface ProvisionerParts {
  readonly signer: KeyManagement;
  readonly relay: OutboxRelay;
  /** For the locks of ceremonies under way and of the leader: one connection each. */
  readonly lockPool: Pool;
}

export type ProvisionerServices = ReturnType<typeof createServices>;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Everything that the provisioner does, on one database. */
export function createServices(dataSource: DataSource, deps: ProvisionerDeps, parts: ProvisionerParts) {
  const { config, clock, logger, metrics } = deps;
  const { signer, relay, lockPool } = parts;
  const scope = new TenantScope(dataSource);
  const customerRows = new CustomerRepository();
  const ceremonies = new CeremonyRepository();
  const authorities = new AuthorityRepository();
  const artifacts = new TrustArtifactRepository();
  const outbox = new Outbox('provisioner');
  const base = { scope, ceremonies, authorities, artifacts, outbox, signer, clock, logger };

  const poolKeys = new KeyPoolRepository();
  const keyPool = new KeyPool({ ...base, poolKeys, size: config.keyPoolSize });
  const authorityService = new AuthorityService({ ...base, customers: customerRows });
  const ceremonyService = new CeremonyService({
    ...base,
    ...{ customers: customerRows, authorityService, keyPool },
    trustArtifacts: new TrustArtifactService(artifacts, clock),
    pkiUrl: config.pkiUrl,
  });
  const unfinished = () => scope.everyCustomer((manager) => ceremonies.unfinished(manager));
  const runner = new CeremonyRunner({
    ...{ scope, ceremonies, service: ceremonyService, lockPool, relay, clock, logger },
    metrics: new CeremonyMetrics(metrics, logger, unfinished),
  });
  const customers = new CustomerService({ ...base, customers: customerRows, relay, runner });
  const rotations = new RotationService({ ...base, customers, runner });
  const orphans = new OrphanReconciler({
    ...{ ...base, orphans: new OrphanRepository(), keyPool, metrics },
    idleRoots: new IdleRoots(base),
    graceMs: config.orphanGraceHours * hourMs,
  });
  const fillMs = config.keyPoolSize > 0 ? 1_000 : hourMs;
  const jobs = [
    { name: 'rotation', everyMs: minuteMs, run: () => rotations.startDue() },
    { name: 'key pool', everyMs: fillMs, run: (signal: AbortSignal) => keyPool.fill(signal) },
    { name: 'orphan keys', everyMs: hourMs, run: () => orphans.reconcile() },
  ];
  return {
    ...{ authorityService, customers, rotations, runner },
    imports: new ImportService({ ...base, customers, runner }),
    rootCrls: new RootCrlService({ scope, authorities, signer, clock }),
    transcripts: new TranscriptService({ ...base, customers }),
    scheduler: new Scheduler({ lockPool, logger, jobs }),
  };
}
