import type { RevocationActorKind, RevocationReason } from '#libs/contracts';

/** Who asked for a revocation; never a secret. */
export interface Actor {
  readonly kind: RevocationActorKind;
  readonly id: string;
}

/** A certificate as the journal names it. */
export interface CertificateName {
  /** UUID of the CA that issued it, and whose CRL lists it. */
  readonly caId: string;
  /** As `canonicalSerial` gives it. */
  readonly serial: Uint8Array;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** One entry of a customer's journal. */
export interface JournalEntry extends CertificateName {
  readonly customerId: string;
  /** From 1, without gaps within the customer. */
  readonly sequence: number;
  /** REMOVE_FROM_CRL lifts a hold. */
  readonly reason: RevocationReason;
  /** Unix milliseconds. */
  readonly recordedAt: number;
  /** Unix milliseconds. */
  readonly invalidityDate: number | undefined;
  readonly actor: Actor;
  /** UUID of the bulk revocation that it was part of. */
  readonly jobId: string | undefined;
  /** SHA-256 over the hash of the entry before and this entry. */
  readonly hash: Uint8Array;
}

/** How a revoked certificate stands now. */
export interface RevokedState {
  /** Unix milliseconds: the first time. */
  readonly revokedAt: number;
  readonly reason: RevocationReason;
  /** Unix milliseconds. */
  readonly invalidityDate: number | undefined;
}
