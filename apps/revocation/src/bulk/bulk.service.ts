import { type BulkCriteria, RevocationActorKind, type StartBulkRevocationRequest } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import type { Clock } from '#libs/service';
import type { CertificateFinder } from '../journal/certificate-finder.js';
import { checkActor, checkReason } from '../journal/revocation.service.js';
import { assertUuid, isUuid } from '../journal/uuid.js';
import { canonicalSerial } from '../serial-status/serial.js';
import type { BulkJob } from './bulk-job.js';
import type { BulkJobRepository } from './bulk-job.repository.js';
import { type BulkCursor, type BulkSelection, firstPage } from './bulk-selection.js';

export interface BulkServiceParts {
  readonly jobs: BulkJobRepository;
  readonly selection: BulkSelection;
  readonly certificates: Pick<CertificateFinder, 'recorded'>;
  /** Told of a job that waits. */
  readonly onAdded: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

const mostSerials = 100_000;
const longestPattern = 255;
const longestProfile = 64;
const chunk = 1_000;

/** Revokes many certificates of a customer at once, by what they have in common. */
export class BulkService {
  constructor(private readonly parts: BulkServiceParts) {}

  /**
   * Stores the job and answers; a replica works on it from then on.
   *
   * @throws DomainError bad_request, storage_unavailable
   */
  async start(demand: StartBulkRevocationRequest): Promise<BulkJob> {
    const { jobs, clock, onAdded, logger } = this.parts;
    const { customerId, criteria, reason, actor, invalidityDate } = demand;
    assertUuid(customerId, 'customer_id');
    checkCriteria(criteria);
    checkReason(reason);
    checkActor({ kind: actor?.kind ?? RevocationActorKind.UNSPECIFIED, id: actor?.id ?? '' });
    if (invalidityDate !== undefined && Number(invalidityDate) * 1000 > clock.now()) {
      throw new DomainError('bad_request', 'The invalidity date must not lie in the future.');
    }
    const job = await jobs.add(demand, new Date(clock.now()));
    logger.info({ job: job.id, customerId, reason, actor: actor?.id }, 'a bulk revocation was started');
    onAdded();
    return job;
  }

  /**
   * How many certificates match now.
   *
   * @throws DomainError bad_request, storage_unavailable, service_unavailable
   */
  async count(
    customerId: string,
    criteria: BulkCriteria | undefined,
  ): Promise<{ matched: number; revoked: number; notFound: number }> {
    assertUuid(customerId, 'customer_id');
    const checked = checkCriteria(criteria);
    const now = this.parts.clock.now();
    const search = { customerId, criteria: checked, now, issuedUpTo: now };
    let matched = 0;
    let revoked = 0;
    for (let cursor: BulkCursor | undefined = firstPage; cursor; ) {
      const page = await this.parts.selection.page(search, cursor);
      matched += page.matches.length;
      revoked += page.matches.filter(({ isRevoked }) => isRevoked).length;
      cursor = page.next;
    }
    return { matched, revoked, notFound: await this.#notFound(customerId, checked.serials) };
  }

  /** @throws DomainError job_not_found for what is no job of this customer */
  async find(customerId: string, id: string): Promise<BulkJob> {
    assertUuid(customerId, 'customer_id');
    const job = isUuid(id) ? await this.parts.jobs.find(customerId, id) : undefined;
    if (job) return job;
    throw new DomainError('job_not_found', 'This customer has no such bulk revocation.');
  }

  async #notFound(customerId: string, serials: readonly Uint8Array[]): Promise<number> {
    let found = 0;
    for (let at = 0; at < serials.length; at += chunk) {
      const some = serials.slice(at, at + chunk).map(canonicalSerial);
      const canonical = some.filter((serial) => serial !== undefined);
      found += (await this.parts.certificates.recorded(customerId, canonical)).size;
    }
    return serials.length - found;
  }
}

function checkCriteria(criteria: BulkCriteria | undefined): BulkCriteria {
  const { credentialId = '', sanPattern = '', keySha256, serials = [] } = criteria ?? {};
  const { ttlSeconds = 0n, profile = '' } = criteria ?? {};
  const isEmpty =
    credentialId === '' &&
    sanPattern === '' &&
    !keySha256?.length &&
    serials.length === 0 &&
    ttlSeconds === 0n &&
    profile === '';
  if (!criteria || (isEmpty && criteria.issuedFrom === undefined && criteria.issuedBefore === undefined)) {
    throw new DomainError('bad_request', 'Say which certificates: at least one criterion is needed.');
  }
  if (credentialId !== '') assertUuid(credentialId, 'credential_id');
  if (serials.length > mostSerials) {
    throw new DomainError('bad_request', `A job names at most ${mostSerials} serial numbers.`);
  }
  if (sanPattern.length > longestPattern) {
    throw new DomainError('bad_request', `A pattern has at most ${longestPattern} characters.`);
  }
  if (profile.length > longestProfile) {
    throw new DomainError('bad_request', `A profile has at most ${longestProfile} characters.`);
  }
  if (criteria.keySha256.length !== 0 && criteria.keySha256.length !== 32) {
    throw new DomainError('bad_request', 'A key is named by the SHA-256 of its SubjectPublicKeyInfo.');
  }
  return criteria;
}
