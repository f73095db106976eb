import { LeafProfile, type NameConstraints as NameConstraintsMessage } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type NameConstraints, nameConstraintsProblem } from '#libs/x509';

/** Most certificates of one batch (specification 1 §3). */
export const maxBatch = 100;
/** One hour and ninety days, in seconds (specification 1 §3). */
export const minTtl = 3_600;
export const maxTtl = 7_776_000;
/** One year, in seconds: birth certificates, and nothing else (specification 2 §3). */
export const birthTtl = 31_536_000;
/** Certificates begin a minute early, in seconds: clocks of relying parties differ. */
export const backdate = 60;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a caller asks for, as it came. */
export interface BatchRequest {
  readonly customerId: string;
  readonly csrs: readonly Uint8Array[];
  /** Seconds. */
  readonly ttlSeconds: bigint;
  readonly profile: LeafProfile;
  readonly nameConstraints?: NameConstraintsMessage | undefined;
  /** UUID of a scoped credential; empty for the master bearer. */
  readonly credentialId: string;
}

/** A batch within the product's bounds. */
export interface MintBatch {
  /** UUID in lower case. */
  readonly customerId: string;
  /** 1 to 100 requests in DER. */
  readonly csrs: readonly Uint8Array[];
  /** Seconds. */
  readonly ttl: number;
  readonly profile: LeafProfile;
  /** Of the credential that asks. */
  readonly nameConstraints: NameConstraints | undefined;
  /** UUID of the scoped credential that asks; empty for the master bearer. */
  readonly credentialId: string;
}

/**
 * @throws bad_request, bad_count or bad_ttl
 */
export function admitBatch({
  customerId,
  csrs,
  ttlSeconds,
  profile,
  nameConstraints,
  credentialId,
}: BatchRequest): MintBatch {
  checkCustomerId(customerId);
  if (csrs.length < 1 || csrs.length > maxBatch) {
    throw new DomainError('bad_count', `A request carries 1 to ${maxBatch} CSRs, not ${csrs.length}.`);
  }
  if (profile === LeafProfile.BIRTH) {
    if (csrs.length !== 1) throw new DomainError('bad_count', 'A birth certificate is asked for alone.');
    if (ttlSeconds !== BigInt(birthTtl))
      throw new DomainError('bad_ttl', 'A birth certificate is valid for a year.');
  } else if (ttlSeconds < minTtl || ttlSeconds > maxTtl) {
    throw new DomainError('bad_ttl', 'The TTL must be between 1h and 90d.');
  }
  if (credentialId !== '' && !uuid.test(credentialId)) {
    throw new DomainError('bad_request', 'credential_id must be a UUID in lower case.');
  }
  return {
    customerId,
    csrs,
    ttl: Number(ttlSeconds),
    profile,
    credentialId,
    nameConstraints: nameConstraints && readConstraints(nameConstraints),
  };
}

/** @throws bad_request */
function readConstraints({ $typeName: _, $unknown: __, ...lists }: NameConstraintsMessage): NameConstraints {
  const problem = nameConstraintsProblem(lists);
  if (problem !== undefined) throw new DomainError('bad_request', `name_constraints: ${problem}.`);
  return lists;
}

/** @throws bad_request when it is not a UUID in lower case */
export function checkCustomerId(customerId: string): void {
  if (!uuid.test(customerId))
    throw new DomainError('bad_request', 'customer_id must be a UUID in lower case.');
}

/** Whether it is a UUID in lower case. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** When the leaves of a batch are valid, in Unix seconds. */
export interface LeafValidity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * From a minute ago until now plus the TTL, which must lie within the intermediate's own validity.
 *
 * @param now epoch milliseconds
 * @param authorityNotAfter epoch milliseconds
 * @throws bad_ttl when the intermediate ends before the leaf would
 */
export function leafValidity(now: number, ttl: number, authorityNotAfter: number): LeafValidity {
  const second = Math.floor(now / 1000);
  const notAfter = second + ttl;
  if (notAfter * 1000 > authorityNotAfter) {
    const end = new Date(authorityNotAfter).toISOString();
    throw new DomainError('bad_ttl', `The TTL reaches beyond the end of the intermediate, ${end}.`);
  }
  return { notBefore: second - backdate, notAfter };
}
