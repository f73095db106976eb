import { type RevocationReason, SerialStatus } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { CallContext } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { CertificateFinder } from '../journal/certificate-finder.js';
import { assertUuid } from '../journal/uuid.js';
import type { RestoreGuard } from '../restore/restore-guard.js';
import { canonicalSerial } from './serial.js';
import type { SerialStatusMetrics } from './serial-status.metrics.js';

export interface SerialStatusParts {
  readonly certificates: Pick<CertificateFinder, 'findAll'>;
  readonly guard: Pick<RestoreGuard, 'mayAnswerGood'>;
  readonly clock: Clock;
  readonly metrics: SerialStatusMetrics;
}

export interface SerialState {
  readonly status: SerialStatus;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Unix seconds. */
  readonly revokedAt?: number;
  readonly reason?: RevocationReason;
}

/** Says whether a certificate is still good. */
export class SerialStatusService {
  readonly #parts: SerialStatusParts;

  constructor(parts: SerialStatusParts) {
    this.#parts = parts;
  }

  /**
   * The status of one of a customer's serial numbers, in any number of leading zeros. What was revoked stays
   * revoked after its expiry.
   *
   * @throws DomainError service_unavailable instead of calling good what may have been revoked before a restore
   * @throws DomainError serial_not_found when this customer has no such certificate, also when another has;
   *   bad_request when the customer's id is not a UUID
   */
  async statusOf(customerId: string, serial: Uint8Array, context: CallContext): Promise<SerialState> {
    assertUuid(customerId, 'customer_id');
    const canonical = canonicalSerial(serial);
    if (canonical === undefined) throw serialNotFound();
    const [found] = await this.#find(customerId, canonical, context);
    if (found === undefined) throw serialNotFound();
    const expiresAt = Math.floor(found.expiresAt / 1000);
    if (found.revoked) {
      const { revokedAt, reason } = found.revoked;
      return { status: SerialStatus.REVOKED, expiresAt, revokedAt: Math.floor(revokedAt / 1000), reason };
    }
    if (!this.#parts.guard.mayAnswerGood(found.caOwner ?? customerId)) {
      throw new DomainError('service_unavailable', 'It is not known what was revoked before a restore.');
    }
    return { status: statusByClock(expiresAt, this.#parts.clock.now()), expiresAt };
  }

  async #find(customerId: string, serial: Uint8Array, context: CallContext) {
    const { certificates, metrics } = this.#parts;
    try {
      const found = await certificates.findAll(customerId, [serial], context);
      const where = found[0]?.isRecorded ? 'recorded' : 'asked_issuer';
      metrics.lookups.inc({ result: found[0] ? where : 'not_found' });
      return found;
    } catch (error) {
      metrics.lookups.inc({ result: 'failed' });
      throw error;
    }
  }
}

/**
 * The status of what is not revoked: a certificate is valid through the second of notAfter itself
 * (RFC 5280 §4.1.2.5).
 *
 * @param expiresAt Unix seconds
 * @param now Unix milliseconds
 */
export function statusByClock(expiresAt: number, now: number): SerialStatus.ACTIVE | SerialStatus.EXPIRED {
  return Math.floor(now / 1000) > expiresAt ? SerialStatus.EXPIRED : SerialStatus.ACTIVE;
}

export function serialNotFound(): DomainError {
  return new DomainError('serial_not_found', 'This customer has no certificate with this serial number.');
}
