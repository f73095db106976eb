import type { KmsFaults, KmsQuotas } from './kms-faults.js';

export interface KmsDoubleOptions {
  /** 0 takes a free one. */
  readonly port?: number;
  readonly quotas?: KmsQuotas;
}

/** A stand-in for a KMS on the loopback, which speaks its protocol to the real client. */
export interface KmsDouble {
  /** What a process of the product needs to use it. */
  readonly env: Readonly<Record<string, string>>;
  readonly faults: KmsFaults;
  close(): Promise<void>;
}
