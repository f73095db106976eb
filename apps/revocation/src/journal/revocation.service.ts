import { RevocationActorKind, RevocationReason, SerialStatus } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { CallContext } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { canonicalSerial } from '../serial-status/serial.js';
import { serialNotFound, statusByClock } from '../serial-status/serial-status.service.js';
import type { CertificateFinder, FoundCertificate } from './certificate-finder.js';
import type { JournalMetrics } from './journal.metrics.js';
import type { JournalOutcome, JournalRepository } from './journal.repository.js';
import type { Actor, CertificateName, RevokedState } from './journal-entry.js';
import { assertUuid } from './uuid.js';

export interface RevocationServiceParts {
  readonly certificates: Pick<CertificateFinder, 'findAll'>;
  readonly journal: Pick<JournalRepository, 'append'>;
  /** Told after an entry became durable; resolves when this replica and the record outside of the database know. */
  readonly onAppended: () => Promise<void>;
  readonly clock: Clock;
  readonly metrics: JournalMetrics;
}

export interface RevocationOrder {
  readonly customerId: string;
  readonly serials: readonly Uint8Array[];
  readonly reason: RevocationReason;
  /** Unix milliseconds. */
  readonly invalidityDate: number | undefined;
  readonly actor: Actor;
  /** UUID of the credential that must have minted them; empty for any. */
  readonly mintedBy: string;
}

/** How a certificate stands after a request. */
export interface RevocationResult extends CertificateName {
  readonly status: SerialStatus;
  readonly revoked: RevokedState | undefined;
  /** False when it stood like this before. */
  readonly changed: boolean;
}

/** Most certificates of one request. */
const most = 1_000;
const longestActor = 200;
/** How long the event of a certificate that was just minted is waited for, and how often looked, in milliseconds. */
const patienceMs = 2_000;
const lookEveryMs = 50;

/** Ends certificates before their time, holds them, and lifts holds (RFC 5280 §5.3.1). */
export class RevocationService {
  constructor(private readonly parts: RevocationServiceParts) {}

  /**
   * Revokes certificates of one customer, all or none. Once this resolves, the journal is durable.
   *
   * Asking again changes nothing: the first time and reason stand. A hold can become final, or be lifted with
   * REMOVE_FROM_CRL.
   *
   * @throws DomainError bad_request
   * @throws DomainError serial_not_found when one is not this customer's, or not that credential's
   * @throws DomainError not_on_hold when a hold is to be lifted where the revocation is final
   * @throws DomainError storage_unavailable, service_unavailable: asking again is safe
   */
  async revoke(order: RevocationOrder, context: CallContext): Promise<RevocationResult[]> {
    const { customerId, reason, invalidityDate, actor } = order;
    const now = this.parts.clock.now();
    checkOrder(order, now);
    const serials = order.serials.map(canonicalSerial).filter((serial) => serial !== undefined);
    if (serials.length < order.serials.length) throw serialNotFound();
    const certificates = await this.#find(order, serials, context);
    const outcomes = await this.parts.journal.append(
      { customerId, certificates, reason, invalidityDate, actor, now },
      assertNoneIsFinal,
    );
    const changed = outcomes.filter(({ outcome }) => outcome === 'changed').length;
    if (changed > 0) {
      this.parts.metrics.appended.inc({ reason: RevocationReason[reason].toLowerCase() }, changed);
      await this.parts.onAppended();
    }
    return certificates.map((certificate, index) => resultOf(certificate, outcomes[index], now));
  }

  async #find(
    { customerId, mintedBy }: RevocationOrder,
    serials: readonly Uint8Array[],
    context: CallContext,
  ): Promise<FoundCertificate[]> {
    const giveUpAt = Math.min(Date.now() + patienceMs, context.deadline - lookEveryMs);
    for (;;) {
      const found = await this.parts.certificates.findAll(customerId, serials, context);
      const known = found.filter((certificate) => certificate !== undefined);
      if (known.length < found.length) throw serialNotFound();
      if (mintedBy === '') return known;
      // Who minted a certificate is known only once its event was recorded.
      const isRecorded = known.every((certificate) => certificate.isRecorded);
      const foreign = known.some((each) => each.isRecorded && each.credentialId !== mintedBy);
      if (foreign) throw serialNotFound();
      if (isRecorded) return known;
      if (Date.now() > giveUpAt) {
        throw new DomainError('service_unavailable', 'It is not known yet who minted this certificate.');
      }
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }
}

function checkOrder(
  { customerId, serials, reason, invalidityDate, actor, mintedBy }: RevocationOrder,
  now: number,
) {
  assertUuid(customerId, 'customer_id');
  if (mintedBy !== '') assertUuid(mintedBy, 'minted_by');
  if (serials.length < 1 || serials.length > most) {
    throw new DomainError(
      'bad_request',
      `A request names 1 to ${most} serial numbers, not ${serials.length}.`,
    );
  }
  checkReason(reason);
  checkActor(actor);
  if (invalidityDate !== undefined && invalidityDate > now) {
    throw new DomainError('bad_request', 'The invalidity date must not lie in the future.');
  }
}

/** @throws DomainError bad_request */
export function checkReason(reason: RevocationReason): void {
  if (RevocationReason[reason] !== undefined) return;
  throw new DomainError('bad_request', `${reason} is not a reason of RFC 5280.`);
}

/** @throws DomainError bad_request */
export function checkActor({ kind, id }: Actor): void {
  const isKnown = kind !== RevocationActorKind.UNSPECIFIED && RevocationActorKind[kind] !== undefined;
  if (isKnown && id !== '' && id.length <= longestActor) return;
  throw new DomainError('bad_request', 'A revocation must say who asks for it.');
}

function assertNoneIsFinal(outcomes: readonly JournalOutcome[]): void {
  if (outcomes.every(({ outcome }) => outcome !== 'not_on_hold')) return;
  throw new DomainError('not_on_hold', 'Only a hold can be lifted; this revocation is final.');
}

function resultOf(
  { caId, serial, expiresAt }: CertificateName,
  outcome: JournalOutcome | undefined,
  now: number,
): RevocationResult {
  const revoked = outcome?.state;
  const status = revoked ? SerialStatus.REVOKED : statusByClock(Math.floor(expiresAt / 1000), now);
  return { caId, serial, expiresAt, status, revoked, changed: outcome?.outcome === 'changed' };
}
