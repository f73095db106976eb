import type { Pool } from 'pg';
import type { IssuerConfig } from '#libs/config';
import { createPool, OutboxRelay } from '#libs/database';
import { kmsSettings, type Signer } from '#libs/kms';
import { openSigner, type ServiceDeps } from '#libs/service';
import { KeyProblemRepository } from './key-problem/key-problem.repository.js';
import { KeyProblems } from './key-problem/key-problems.js';
import { Ledger } from './mint/mint.ledger.js';
import { MintMetrics } from './mint/mint.metrics.js';
import { MintPipeline } from './mint/mint.pipeline.js';
import { MintPool } from './mint/mint.pool.js';
import { RemoteMint } from './mint/remote.mint.js';

export type IssuerDeps = ServiceDeps<IssuerConfig> & {
  /** Where the compiled worker is. Default: beside this module. */
  readonly workerUrl?: URL;
};

/** What the module is given beside its dependencies; whoever made the parts closes them. */
export interface IssuerParts {
  readonly metrics: MintMetrics;
  readonly signer: Signer;
  readonly mintPool: MintPool;
  readonly remote: RemoteMint;
  readonly ledger: Ledger;
  readonly relay: OutboxRelay;
  /** For the relay and for maintenance. */
  readonly pool: Pool;
  /** Connections that are left for reads. */
  readonly readPoolSize: number;
  close(): Promise<void>;
}

/** Certificates that may wait for a thread, and for a group: some seconds of work. */
const capacity = 20_000;
/** Certificates of one commit: longer statements would delay those who wait behind. */
const groupSize = 512;
/** Up to so many certificates are not worth the hop to a thread. */
const inlineLimit = 2;
const relayConnections = 2;
/**
 * Milliseconds in which commits wake the relay once: a round of it costs the database as much as a commit, and
 * events are late by no more than this.
 */
const relayPauseMs = 50;

/** Opens keys, threads and connections. */
export async function openParts(deps: IssuerDeps): Promise<IssuerParts> {
  const { config, clock, logger, events } = deps;
  const service = 'issuer';
  const { database, workers } = config;
  const slots = database.poolSize > 3 ? 2 : 1;
  const ledgerPool = createPool({ ...database, poolSize: slots }, { service });
  const pool = createPool({ ...database, poolSize: relayConnections }, { service });
  const relay = new OutboxRelay({ pool, service, events, logger, metrics: deps.metrics });
  const metrics = new MintMetrics(deps.metrics);
  const kms = kmsSettings(config.kms);
  const signer = await openSigner(deps);
  const pipeline = new MintPipeline(signer);
  const mintPool = await MintPool.start({
    workers,
    kms,
    pipeline,
    clock,
    logger,
    capacity,
    inlineLimit,
    ...(deps.workerUrl && { workerUrl: deps.workerUrl }),
    observe: (task) => metrics.task(task),
  });
  const ledger = new Ledger({
    pool: ledgerPool,
    clock,
    slots,
    groupSize,
    capacity,
    onCommit: wakeSometimes(relay),
    observe: (group) => metrics.group(group),
  });
  const problems = new KeyProblems({ repository: new KeyProblemRepository(pool), logger, clock });
  metrics.watch(mintPool, ledger, ledgerPool);
  return {
    metrics,
    signer,
    mintPool,
    remote: new RemoteMint(mintPool, pipeline, signer, problems),
    ledger,
    relay,
    pool,
    readPoolSize: Math.max(1, database.poolSize - slots - relayConnections),
    async close() {
      await ledger.close();
      await mintPool.stop();
      await problems.settle();
      await signer.close();
      await relay.stop();
      await Promise.all([ledgerPool.end(), pool.end()]);
    },
  };
}

/** Wakes the relay after the first commit of a pause, once its time is over. */
function wakeSometimes(relay: OutboxRelay): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      relay.wake();
    }, relayPauseMs).unref();
  };
}
