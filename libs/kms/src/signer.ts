import type { KeyHome } from './key-home.js';
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

/**
 * Free facts about a key, for example `{ customer: '…', handle: 'acme', purpose: 'root' }`. Never a secret. Names and
 * values are lower case, digits, `_` and `-`, at most 63, a name beginning with a letter: what every backend keeps.
 */
export type KeyLabels = Readonly<Record<string, string>>;

export type KeyState = 'enabled' | 'disabled' | 'pending_destruction';

/** What a backend knows about a key without using it. */
export interface KeyDescription {
  readonly key: KeyRef;
  /** What it was made as; a backend that cannot rename still says so of an adopted key. */
  readonly name: string;
  readonly algorithm: CaKeyAlgorithm;
  readonly labels: KeyLabels;
  readonly state: KeyState;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds; set while destruction is pending. */
  readonly destroyAt?: number;
}

/** What a backend vouches for about a key, for the transcript of a ceremony. */
export interface KeyAttestation {
  /** In the backend's own words, for example `{ CKA_NEVER_EXTRACTABLE: 'true' }` or `{ protectionLevel: 'HSM' }`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** A statement that the hardware signed, where the backend gives one. */
  readonly statement?: {
    readonly format: string;
    readonly content: Uint8Array;
    /** PEM, of those who vouch for the statement. */
    readonly certificates: readonly string[];
  };
}

/** Who signs with which keys: the issuer with intermediates, the provisioner with roots. */
export type SigningService = 'issuer' | 'provisioner';

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

  /**
   * The keys that carry all of the given labels, by name, whatever their state; also what a process left behind that
   * died while it made a key. Only keys that {@link createKey} made: others in the same account are never shown.
   */
  list(labels: KeyLabels): Promise<KeyDescription[]>;

  /** The key signs nothing from now on, and is gone after {@link destructionDelayMs}. Idempotent. */
  scheduleDestruction(key: KeyRef): Promise<void>;

  /** Whether {@link adopt} works: keys can be made ahead of those who need them. */
  readonly adopts: boolean;

  /**
   * Gives a key that was made ahead the name and labels of its purpose. Its reference stays as it is; so does its name
   * where the backend cannot rename. Idempotent.
   *
   * @throws signer_unavailable `unsupported` where {@link adopts} is false
   */
  adopt(key: KeyRef, name: string, labels: KeyLabels): Promise<void>;

  /**
   * Lets the identity that is configured for a service sign with this key alone: a grant in AWS KMS, an IAM binding
   * on the crypto key in Google. Returns that identity; undefined where none is configured or the backend has no such
   * thing. Idempotent.
   */
  allowSigning(key: KeyRef, service: SigningService): Promise<string | undefined>;

  /** What the backend vouches for. @throws signer_unavailable `key_not_found` */
  attestation(key: KeyRef): Promise<KeyAttestation>;
}

/**
 * All backends of an installation. A key that exists is reached by its reference, whatever its backend; new keys and
 * lists are the default home's, or those of another one through {@link at}.
 */
export interface KeyManagement extends Signer {
  /** The default home. */
  readonly home: KeyHome;
  at(home: KeyHome): Signer;
  /** Ends connections; calls under way fail. */
  close(): Promise<void>;
}

/** How long a key that is scheduled for destruction can still be looked at: 30 days. */
export const destructionDelayMs = 30 * 24 * 3_600_000;
