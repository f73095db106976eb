import { LeafProfile } from '#libs/contracts';
import { sha256 } from '#libs/x509';

/** An idempotency key and what it stands for, as they are stored: a key may be a secret of its sender. */
export interface Idempotency {
  /** SHA-256 of the key. */
  readonly key: Uint8Array;
  /** SHA-256 of profile, TTL and requests: the same key with another one is refused. */
  readonly body: Uint8Array;
}

export interface IdempotentRequest {
  readonly idempotencyKey: string;
  readonly ttlSeconds: bigint;
  readonly csrs: readonly Uint8Array[];
  readonly profile: LeafProfile;
}

/** Undefined for a request without a key. Each part is hashed with its length, so that none can run into the next. */
export function idempotencyOf({
  idempotencyKey,
  ttlSeconds,
  csrs,
  profile,
}: IdempotentRequest): Idempotency | undefined {
  if (idempotencyKey === '') return undefined;
  // Nothing for a mint: its keys mean what they meant before there were profiles.
  const byProfile = profile === LeafProfile.UNSPECIFIED ? '' : `profile ${profile} `;
  const parts: Uint8Array[] = [Buffer.from(`${byProfile}${ttlSeconds} ${csrs.length}`)];
  for (const csr of csrs) parts.push(Buffer.from(` ${csr.length} `), csr);
  return { key: sha256(Buffer.from(idempotencyKey)), body: sha256(Buffer.concat(parts)) };
}
