import type { KeyRef } from './key-ref.js';

/**
 * What a CA key may be. ECDSA signs with the hash of its curve's strength (P-256: SHA-256, P-384: SHA-384);
 * RSA is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 5758 §3.2, RFC 8017 §8.2).
 */
export const caKeyAlgorithms = ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const;
export type CaKeyAlgorithm = (typeof caKeyAlgorithms)[number];

/** How a key of each kind signs, in the words of `#libs/x509`. */
export const caSignatureAlgorithms = {
  'P-256': 'ecdsa-sha256',
  'P-384': 'ecdsa-sha384',
  'RSA-2048': 'rsa-sha256',
  'RSA-3072': 'rsa-sha256',
  'RSA-4096': 'rsa-sha256',
} as const satisfies Record<CaKeyAlgorithm, string>;

/** Free facts about a key, for example `{ customer: '…', purpose: 'root' }`. Never a secret. */
export type KeyLabels = Readonly<Record<string, string>>;

export type KeyState = 'enabled' | 'disabled' | 'pending_destruction';

/** What a backend knows about a key without using it. */
export interface KeyDescription {
  readonly key: KeyRef;
  readonly algorithm: CaKeyAlgorithm;
  readonly labels: KeyLabels;
  readonly state: KeyState;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds; set while destruction is pending. */
  readonly destroyAt?: number;
}

/**
 * A key management service: it keeps private keys and only ever signs with them.
 *
 * Every failure is a `DomainError`: `signer_unavailable` with a {@link SignerFailureReason} in its details,
 * or `deadline_exceeded`. Times are epoch milliseconds.
 */
export interface Signer {
  /**
   * Makes a key, or finds the one of that name: asking twice, also at once and from two processes, gives one key.
   *
   * @throws signer_unavailable `key_conflict` when a key of that name has another algorithm or other labels
   */
  createKey(name: string, algorithm: CaKeyAlgorithm, labels: KeyLabels): Promise<KeyRef>;

  /** @throws signer_unavailable `key_not_found` */
  describe(key: KeyRef): Promise<KeyDescription>;

  /** SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7); also of a disabled key. */
  publicKey(key: KeyRef): Promise<Uint8Array>;

  /**
   * Signatures over the given messages, in order: ECDSA as DER `Ecdsa-Sig-Value` (RFC 3279 §2.2.3), RSA as is.
   * All or none: past the deadline it gives up, and signs nothing later.
   *
   * @throws signer_unavailable `key_disabled`, `key_pending_destruction` or `key_not_found`
   * @throws deadline_exceeded
   */
  sign(key: KeyRef, messages: readonly Uint8Array[], deadline: number): Promise<Uint8Array[]>;

  /** From now on the key signs nothing. Idempotent. */
  disable(key: KeyRef): Promise<void>;

  /**
   * Undoes {@link disable}. Idempotent.
   *
   * @throws signer_unavailable `key_pending_destruction`: that is not undone
   */
  enable(key: KeyRef): Promise<void>;

  /** The keys that carry all of the given labels, by name. */
  list(labels: KeyLabels): Promise<KeyDescription[]>;

  /** The key signs nothing from now on, and is gone after {@link destructionDelayMs}. Idempotent. */
  scheduleDestruction(key: KeyRef): Promise<void>;
}

/** How long a key that is scheduled for destruction can still be looked at: 30 days. */
export const destructionDelayMs = 30 * 24 * 3_600_000;
