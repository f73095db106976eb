import type { KmsBackend } from './key-home.js';
import type { SignerFailureReason } from './signer-failure.js';

/** What a remote backend was asked to do. */
export type KmsOperation =
  | 'create'
  | 'describe'
  | 'public_key'
  | 'sign'
  | 'disable'
  | 'enable'
  | 'list'
  | 'destroy'
  | 'adopt'
  | 'allow'
  | 'attest'
  | 'renew';

/** Hears of calls to remote backends, for metrics. Times are seconds. */
export interface SignerObserver {
  /** One call, also each that is tried again. `failure` is empty when it succeeded. */
  called(call: {
    readonly backend: KmsBackend;
    readonly operation: KmsOperation;
    readonly failure: SignerFailureReason | 'deadline_exceeded' | '';
    readonly seconds: number;
  }): void;
  /** How long one signature waited for its turn. */
  waited(wait: { readonly backend: KmsBackend; readonly seconds: number }): void;
}
