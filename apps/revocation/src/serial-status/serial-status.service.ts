import { type IssuerService, SerialStatus } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { type CallContext, type Client, callFrom } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { IssuedSerialRepository } from './issued-serial.repository.js';
import { canonicalSerial } from './serial.js';
import type { SerialStatusMetrics } from './serial-status.metrics.js';

export interface SerialStatusParts {
  readonly serials: Pick<IssuedSerialRepository, 'find'>;
  readonly partitions: { readonly firstDay: string };
  readonly issuer: Pick<Client<typeof IssuerService>, 'getCertificate'>;
  readonly clock: Clock;
  readonly metrics: SerialStatusMetrics;
}

export interface SerialState {
  readonly status: SerialStatus.ACTIVE | SerialStatus.EXPIRED;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** Says whether a certificate is still good. */
export class SerialStatusService {
  readonly #parts: SerialStatusParts;

  constructor(parts: SerialStatusParts) {
    this.#parts = parts;
  }

  /**
   * The status of one of a customer's serial numbers, in any number of leading zeros.
   *
   * @throws DomainError serial_not_found when this customer has no such certificate, also when another has;
   *   bad_request when the customer's id is not a UUID
   */
  async statusOf(customerId: string, serial: Uint8Array, context: CallContext): Promise<SerialState> {
    assertUuid(customerId);
    const canonical = canonicalSerial(serial);
    if (canonical === undefined) throw notFound();
    const expiresAt =
      (await this.#recorded(customerId, canonical)) ?? (await this.#minted(customerId, canonical, context));
    // A certificate is valid through the second of notAfter itself (RFC 5280 §4.1.2.5).
    const isOver = Math.floor(this.#parts.clock.now() / 1000) > expiresAt;
    return { status: isOver ? SerialStatus.EXPIRED : SerialStatus.ACTIVE, expiresAt };
  }

  async #recorded(customerId: string, serial: Uint8Array): Promise<number | undefined> {
    const { serials, partitions, clock, metrics } = this.#parts;
    const { firstDay } = partitions;
    const expiresAt = await serials.find({ customerId, serial, now: clock.now(), firstDay });
    if (expiresAt !== undefined) metrics.lookups.inc({ result: 'recorded' });
    return expiresAt;
  }

  /** A certificate may be asked for before its event has come here; its issuer knows it already. */
  async #minted(customerId: string, serial: Uint8Array, context: CallContext): Promise<number> {
    const { issuer, metrics } = this.#parts;
    try {
      const { certificate } = await issuer.getCertificate({ customerId, serial }, callFrom(context));
      if (certificate === undefined) throw notFound();
      metrics.lookups.inc({ result: 'asked_issuer' });
      return Number(certificate.notAfter);
    } catch (error) {
      const { code } = DomainError.from(error);
      metrics.lookups.inc({ result: code === 'serial_not_found' ? 'not_found' : 'failed' });
      throw error;
    }
  }
}

const notFound = (): DomainError =>
  new DomainError('serial_not_found', 'This customer has no certificate with this serial number.');

function assertUuid(customerId: string): void {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(customerId)) return;
  throw new DomainError('bad_request', 'customer_id must be a UUID.');
}
