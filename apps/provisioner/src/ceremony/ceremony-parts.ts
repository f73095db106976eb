import type { EntityManager } from 'typeorm';
import type { Outbox, TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import { type KeyManagement, parseKeyHome, type Signer } from '#libs/kms';
import type { Clock } from '#libs/service';
import type { AuthorityRow } from '../authority/authority.entity.js';
import type { AuthorityRepository } from '../authority/authority.repository.js';
import type { AuthorityService } from '../authority/authority.service.js';
import type { CustomerRow } from '../customer/customer.entity.js';
import type { CustomerRepository } from '../customer/customer.repository.js';
import type { KeyPool } from '../key-pool/key-pool.js';
import type { TrustArtifactRepository } from '../trust-artifact/trust-artifact.repository.js';
import type { TrustArtifactService } from '../trust-artifact/trust-artifact.service.js';
import type { CeremonyRow, StepFacts } from './ceremony.entity.js';
import type { CeremonyRepository } from './ceremony.repository.js';

/** What the steps of ceremonies work with. */
export interface CeremonyParts {
  readonly scope: TenantScope;
  readonly ceremonies: CeremonyRepository;
  readonly customers: CustomerRepository;
  readonly authorities: AuthorityRepository;
  readonly artifacts: TrustArtifactRepository;
  readonly authorityService: AuthorityService;
  readonly trustArtifacts: TrustArtifactService;
  readonly outbox: Outbox;
  readonly signer: KeyManagement;
  readonly keyPool: KeyPool;
  readonly clock: Clock;
  /** Base URL of what relying parties fetch, without a trailing slash. */
  readonly pkiUrl: string;
}

/** A step's work outside the database is done; `commit` writes its result where the step is recorded. */
export interface StepOutcome {
  readonly facts: StepFacts;
  /** What is on record from then on, for the steps that follow. */
  readonly changes?: Partial<Omit<StepContext, 'ceremony' | 'customer'>>;
  readonly commit?: (manager: EntityManager) => Promise<void>;
}

/** What is on record when a step begins. */
export interface StepContext {
  readonly ceremony: CeremonyRow;
  readonly customer: CustomerRow;
  /** The customer's root, where it is ours. */
  readonly root: AuthorityRow | null;
  /** Of the ceremony's generation. */
  readonly intermediate: AuthorityRow | null;
  /** SubjectPublicKeyInfo in DER of the key that the step before has made; asked for when there was none. */
  readonly publicKey?: Uint8Array;
}

export type Step = (context: StepContext) => Promise<StepOutcome>;

/** Milliseconds that a signer may take for one signature. */
export const signingTimeMs = 10_000;

/** Where a customer's new keys are made. */
export function keysOf(signer: KeyManagement, { keyHome }: CustomerRow): Signer {
  return keyHome === null ? signer : signer.at(parseKeyHome(keyHome));
}

/** What an earlier step has recorded. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw new DomainError('internal', 'A record of an earlier step of the ceremony is missing.');
  }
  return value;
}
