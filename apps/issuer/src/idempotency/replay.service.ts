import { DomainError } from '#libs/errors';
import type { Clock } from '#libs/service';
import type { AuthorityService } from '../authority/authority.service.js';
import type { CertificateRepository, StoredCertificate } from '../certificate/certificate.repository.js';
import type { Idempotency } from './idempotency.js';
import type { IdempotencyRepository } from './idempotency.repository.js';

/** An earlier answer, as the tables have it. */
export interface EarlierAnswer {
  readonly certificates: readonly StoredCertificate[];
  /** DER, the intermediate, then the root. */
  readonly chain: readonly Uint8Array[];
  readonly batchNumber: bigint | undefined;
}

export interface ReplayServiceOptions {
  readonly keys: IdempotencyRepository;
  readonly certificates: CertificateRepository;
  readonly authorities: AuthorityService;
  readonly clock: Clock;
}

/** Gives the answer of an idempotency key again. */
export class ReplayService {
  constructor(private readonly options: ReplayServiceOptions) {}

  /**
   * What the key was spent on within the last 24 hours; undefined when it was not.
   *
   * @throws idempotency_key_reused when it was spent on another body
   */
  async find(customerId: string, idempotency: Idempotency): Promise<EarlierAnswer | undefined> {
    const { keys, certificates, authorities, clock } = this.options;
    const spent = await keys.find(customerId, idempotency, clock.now());
    if (!spent) return undefined;
    if (Buffer.compare(spent.bodyHash, idempotency.body) !== 0) throw keyReused();
    return {
      certificates: await certificates.findBatch(customerId, spent.serials, spent.notAfter),
      chain: await authorities.chainOf(customerId, spent.caId),
      batchNumber: spent.batchNumber,
    };
  }
}

export function keyReused(): DomainError {
  return new DomainError(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request within the last 24 hours.',
  );
}
