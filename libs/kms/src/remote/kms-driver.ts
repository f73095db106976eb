import type { KmsBackend } from '../key-home.js';
import type { CaKeyAlgorithm, KeyAttestation, KeyDescription, KeyLabels, SigningService } from '../signer.js';
import type { SignerFailureReason } from '../signer-failure.js';

export interface KeyWish {
  readonly name: string;
  readonly algorithm: CaKeyAlgorithm;
  readonly labels: KeyLabels;
}

/** A {@link KeyDescription} in the driver's words: the resource instead of the reference. */
export type DriverKey = Omit<KeyDescription, 'key'> & { readonly resource: string };

export interface SigningWork {
  readonly algorithm: CaKeyAlgorithm;
  readonly message: Uint8Array;
  /** SHA-256 or SHA-384 of the message, as the algorithm says. */
  readonly digest: Uint8Array;
}

/** What a thrown value means; `retry` when the same call may succeed later. */
export interface DriverFailure {
  readonly reason: SignerFailureReason;
  readonly message: string;
}

/**
 * The wire of one backend and one account: single calls, without retries, limits or verification, which are the
 * {@link RemoteSigner}'s. Every call ends when its signal does.
 */
export interface KmsDriver {
  readonly backend: KmsBackend;
  readonly adopts: boolean;
  /** Makes the key, or finds the one of that name, whatever that one is. Returns its resource. */
  create(wish: KeyWish, signal: AbortSignal): Promise<string>;
  describe(resource: string, signal: AbortSignal): Promise<DriverKey>;
  /** SubjectPublicKeyInfo in DER; also of a disabled key. */
  publicKey(resource: string, signal: AbortSignal): Promise<Uint8Array>;
  /** ECDSA as DER `Ecdsa-Sig-Value`, RSA as is. */
  sign(resource: string, work: SigningWork, signal: AbortSignal): Promise<Uint8Array>;
  disable(resource: string, signal: AbortSignal): Promise<void>;
  enable(resource: string, signal: AbortSignal): Promise<void>;
  /** Keys that {@link create} made and that carry the labels. */
  list(labels: KeyLabels, signal: AbortSignal): Promise<DriverKey[]>;
  scheduleDestruction(resource: string, signal: AbortSignal): Promise<void>;
  adopt(resource: string, name: string, labels: KeyLabels, signal: AbortSignal): Promise<void>;
  allowSigning(resource: string, service: SigningService, signal: AbortSignal): Promise<string | undefined>;
  attestation(resource: string, signal: AbortSignal): Promise<KeyAttestation>;
  /** What a value that one of these calls threw means. */
  failureOf(error: unknown): DriverFailure;
  close(): Promise<void>;
}
