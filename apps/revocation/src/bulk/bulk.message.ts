import { BulkState } from '#libs/contracts';
import type { BulkJob } from './bulk-job.js';

/** A job as callers and the audit see it. */
export function bulkMessage(job: BulkJob) {
  const { id, customerId, demand, createdAt, finishedAt, isRunning } = job;
  const running = isRunning ? BulkState.RUNNING : BulkState.PENDING;
  return {
    ...{ id, customerId, reason: demand.reason },
    ...(demand.criteria && { criteria: demand.criteria }),
    ...(demand.actor && { actor: demand.actor }),
    state: finishedAt ? BulkState.DONE : running,
    matched: BigInt(job.matched),
    revoked: BigInt(job.revoked),
    unchanged: BigInt(job.unchanged),
    failed: BigInt(job.failed),
    failures: job.failures.map(({ serial, code }) => ({ serial: Buffer.from(serial, 'hex'), code })),
    createdAt: secondsOf(createdAt),
    ...(finishedAt && { finishedAt: secondsOf(finishedAt) }),
  };
}

const secondsOf = (date: Date): bigint => BigInt(Math.floor(date.getTime() / 1000));
