import type { ErrorCode } from '#libs/errors';
import type { SigningAuthority } from '../authority/signing-authority.js';
import type { CertificateBlock } from './certificate-block.js';

/** What every job says about its certificates. */
interface JobContext {
  readonly authority: SigningAuthority;
  /** Unix seconds. */
  readonly notBefore: number;
  /** Unix seconds. */
  readonly notAfter: number;
  /** Epoch milliseconds. */
  readonly deadline: number;
}

/** A leaf that may be signed: it was admitted and linted. */
export interface Draft {
  readonly serial: Uint8Array;
  /** TBSCertificate in DER. */
  readonly tbs: Uint8Array;
}

/**
 * One piece of work for the pipeline. A request with few certificates is one `mint`. A large batch is split:
 * its chunks are all judged before any is signed.
 */
export type MintJob =
  | (JobContext & { readonly kind: 'mint'; readonly csrs: readonly Uint8Array[] })
  | (JobContext & {
      readonly kind: 'judge';
      readonly csrs: readonly Uint8Array[];
      /** Proofs of possession are verified on libuv's threads when it is judged on the main one. */
      readonly aside?: boolean;
    })
  | (JobContext & { readonly kind: 'sign'; readonly drafts: readonly Draft[] });

/** Why one certification request was refused. */
export interface CsrFailure {
  /** From 0, within the job. */
  readonly index: number;
  readonly reason: string;
}

/** What became of a job: `drafts` answers `judge`, `signed` answers `mint` and `sign`. The reason of one that failed may be empty. */
export type MintJobResult =
  | { readonly kind: 'signed'; readonly block: CertificateBlock; readonly issued: Uint8Array }
  | { readonly kind: 'drafts'; readonly drafts: readonly Draft[] }
  | { readonly kind: 'refused'; readonly failures: readonly CsrFailure[] }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly reason: string };

/** How much work a job is, in certificates. */
export function jobSize(job: MintJob): number {
  return job.kind === 'sign' ? job.drafts.length : job.csrs.length;
}
