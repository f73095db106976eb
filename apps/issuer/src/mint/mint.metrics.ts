import type { Pool } from 'pg';
import type { ErrorCode } from '#libs/errors';
import { type Counter, counter, gauge, type Histogram, histogram, type Registry } from '#libs/observability';
import type { GroupObservation, Ledger } from './mint.ledger.js';
import type { MintPool } from './mint.pool.js';
import type { MintTaskTimes } from './mint-task.js';

/** Where a certificate's time goes: waiting for a thread, judging, signing, committing. */
type Stage = 'queue' | 'judge' | 'sign' | 'commit';

const seconds = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 5];
const counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** What operators see of minting. */
export class MintMetrics {
  private readonly mints: Counter;
  private readonly failures: Counter<'code'>;
  private readonly batchSize: Histogram;
  private readonly stages: Histogram<'stage'>;
  private readonly signLatency: Histogram;
  private readonly groupSize: Histogram;

  constructor(private readonly registry: Registry) {
    this.mints = counter({ registry, name: 'mints_total', help: 'Certificates issued.' });
    this.failures = counter({
      registry,
      name: 'mint_failures_total',
      help: 'Mint requests refused or failed, by error code.',
      labels: ['code'],
    });
    this.batchSize = histogram({
      registry,
      name: 'mint_batch_size',
      help: 'Certificates of each successful request.',
      buckets: [1, 2, 5, 10, 20, 50, 100],
    });
    this.stages = histogram({
      registry,
      name: 'mint_stage_duration_seconds',
      help: 'Time of a task or group in a stage: queue, judge, sign, commit.',
      labels: ['stage'],
      buckets: seconds,
    });
    this.signLatency = histogram({
      registry,
      name: 'sign_duration_seconds',
      help: 'Time of one call of the signer, for up to 32 signatures.',
      buckets: seconds,
    });
    this.groupSize = histogram({
      registry,
      name: 'mint_group_size',
      help: 'Certificates committed in one transaction.',
      buckets: counts,
    });
  }

  minted(count: number): void {
    this.mints.inc(count);
    this.batchSize.observe(count);
  }

  failed(code: ErrorCode): void {
    this.failures.inc({ code });
  }

  task({ queue, judge, sign }: MintTaskTimes & { readonly queue: number }): void {
    this.stage('queue', queue);
    this.stage('judge', judge);
    if (sign === 0) return;
    this.stage('sign', sign);
    this.signLatency.observe(sign);
  }

  group({ certificates, seconds: commit }: GroupObservation): void {
    this.stage('commit', commit);
    this.groupSize.observe(certificates);
  }

  /** Queues, threads and connections are looked at when the metrics are asked for. */
  watch(mintPool: MintPool, ledger: Ledger, connections: Pool): void {
    const { registry } = this;
    gauge({
      registry,
      name: 'mint_queue_certificates',
      help: 'Certificates that wait for a thread (sign) or for a group (commit).',
      labels: ['queue'],
      collect: (metric) => {
        metric.set({ queue: 'sign' }, mintPool.waiting);
        metric.set({ queue: 'commit' }, ledger.waiting);
      },
    });
    gauge({
      registry,
      name: 'mint_workers',
      help: 'Threads that can mint.',
      collect: (metric) => metric.set(mintPool.size),
    });
    gauge({
      registry,
      name: 'mint_workers_busy_certificates',
      help: 'Certificates that threads are busy with.',
      collect: (metric) => metric.set(mintPool.busy),
    });
    gauge({
      registry,
      name: 'ledger_connections',
      help: 'Database connections of the ledger, by state.',
      labels: ['state'],
      collect: (metric) => {
        metric.set({ state: 'open' }, connections.totalCount);
        metric.set({ state: 'idle' }, connections.idleCount);
        metric.set({ state: 'waited_for' }, connections.waitingCount);
      },
    });
  }

  private stage(stage: Stage, duration: number): void {
    this.stages.observe({ stage }, duration);
  }
}
