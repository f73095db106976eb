import { DomainError } from '#libs/errors';
import type { SigningAuthority } from '../authority/signing-authority.js';
import type { LeafValidity } from '../policy/batch.policy.js';
import { type CertificateBlock, joinBlocks } from './certificate-block.js';
import type { MintPool } from './mint.pool.js';
import { taskLimit } from './mint.pool.js';
import type { CsrFailure, Draft, MintJobResult } from './mint-job.js';

/** A batch on its way to signatures. */
export interface UnsignedBatch extends LeafValidity {
  readonly authority: SigningAuthority;
  readonly csrs: readonly Uint8Array[];
  /** Epoch milliseconds. */
  readonly deadline: number;
}

export interface SignedBatch {
  readonly block: CertificateBlock;
  /** Encoded `stackrunner.event.v1.Issued`. */
  readonly issued: Uint8Array;
}

/**
 * Turns a batch into signed certificates on the pool, all or none.
 *
 * A large batch is split over the threads and joined again: every request of it is judged before the first
 * signature is made.
 *
 * @throws issue_failed with the index and the reason of every request that was refused
 * @throws signer_unavailable, overloaded or deadline_exceeded
 */
export async function signBatch(pool: MintPool, batch: UnsignedBatch): Promise<SignedBatch> {
  const { csrs, ...context } = batch;
  if (csrs.length <= taskLimit) return signedOf(await pool.run({ kind: 'mint', ...context, csrs }));

  const judged = await judgeBatch(pool, batch);
  const signed = await Promise.all(judged.map((drafts) => pool.run({ kind: 'sign', ...context, drafts })));
  const parts = signed.map(signedOf);
  return {
    block: joinBlocks(parts.map((part) => part.block)),
    issued: Buffer.concat(parts.map((part) => part.issued)),
  };
}

/**
 * The drafts of a batch in chunks, every one admitted.
 *
 * @param size most requests of a chunk: as many are judged before another customer has its turn
 * @param aside verifies on libuv's threads what would be judged on the main one
 * @throws issue_failed, overloaded or deadline_exceeded
 */
export async function judgeBatch(
  pool: MintPool,
  batch: UnsignedBatch,
  { size = taskLimit, aside = false }: { size?: number; aside?: boolean } = {},
): Promise<(readonly Draft[])[]> {
  const { csrs, ...context } = batch;
  const judged = await Promise.all(
    chunks(csrs, size).map(
      (chunk): Promise<MintJobResult> => pool.run({ kind: 'judge', ...context, csrs: chunk, aside }),
    ),
  );
  const failures = judged.flatMap((result, chunk) => failuresOf(result, chunk * size));
  if (failures.length > 0) throw issueFailed(failures);
  return judged.map(draftsOf);
}

export function signedOf(result: MintJobResult): SignedBatch {
  if (result.kind === 'signed') return result;
  throw refusal(result);
}

function draftsOf(result: MintJobResult): readonly Draft[] {
  if (result.kind === 'drafts') return result.drafts;
  throw refusal(result);
}

function failuresOf(result: MintJobResult, offset: number): CsrFailure[] {
  if (result.kind !== 'refused') return [];
  return result.failures.map(({ index, reason }) => ({ index: index + offset, reason }));
}

function refusal(result: MintJobResult): DomainError {
  switch (result.kind) {
    case 'refused':
      return issueFailed(result.failures);
    case 'failed':
      return failureOf(result);
    case 'drafts':
    case 'signed':
      return new DomainError('internal', `The pipeline answered with ${result.kind}.`);
  }
}

/** The error of a job that failed. */
export function failureOf({
  code,
  message,
  reason,
}: Extract<MintJobResult, { kind: 'failed' }>): DomainError {
  return new DomainError(code, message, reason === '' ? {} : { details: { reason } });
}

/** Indexes are from 0, as in the request. */
function issueFailed(failures: readonly CsrFailure[]): DomainError {
  const message = failures.map(({ index, reason }) => `csr ${index}: ${reason}`).join('; ');
  return new DomainError('issue_failed', message, { details: { failures } });
}

function chunks(csrs: readonly Uint8Array[], size: number): (readonly Uint8Array[])[] {
  const parts: (readonly Uint8Array[])[] = [];
  for (let at = 0; at < csrs.length; at += size) parts.push(csrs.slice(at, at + size));
  return parts;
}
