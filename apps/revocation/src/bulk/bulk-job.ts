import type { StartBulkRevocationRequest } from '#libs/contracts';
import type { BulkCursor } from './bulk-selection.js';

/** A certificate that was not revoked, and why. */
export interface BulkFailure {
  /** In hexadecimal. */
  readonly serial: string;
  /** A code of the error table. */
  readonly code: string;
}

/** How far a job is. */
export interface BulkProgress {
  readonly cursor: BulkCursor;
  readonly matched: number;
  readonly revoked: number;
  readonly unchanged: number;
  readonly failed: number;
  /** The first 1000. */
  readonly failures: readonly BulkFailure[];
}

export interface BulkJob extends BulkProgress {
  /** UUID. */
  readonly id: string;
  readonly customerId: string;
  readonly demand: StartBulkRevocationRequest;
  readonly createdAt: Date;
  readonly finishedAt: Date | undefined;
  /** A replica is working on it. */
  readonly isRunning: boolean;
}

export const mostListedFailures = 1_000;
