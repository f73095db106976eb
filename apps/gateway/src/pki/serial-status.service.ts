import { type RevocationService, SerialStatus } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { timestamp } from '../http/timestamp.js';
import { parseSerial } from './serial.js';

/** Specification 1 §5. */
export interface SerialStatusJson {
  readonly status: 'active' | 'expired' | 'revoked';
  readonly expires_at: string;
}

/** Says whether a certificate is still good. */
export class SerialStatusService {
  constructor(
    private readonly directory: Pick<CustomerDirectory, 'idOf'>,
    private readonly revocation: Client<typeof RevocationService>,
  ) {}

  /**
   * @param serial with or without colons, in any case
   * @throws DomainError customer_not_found, serial_not_found
   */
  async status(handle: string, serial: string, requestId: string): Promise<SerialStatusJson> {
    const customerId = await this.directory.idOf(handle);
    const octets = parseSerial(serial);
    if (octets === undefined) throw new DomainError('serial_not_found', 'This is not a serial number.');
    const answer = await this.revocation.getSerialStatus(
      { customerId, serial: octets },
      { metadata: { 'x-request-id': requestId } },
    );
    return { status: word(answer.status), expires_at: timestamp(Number(answer.expiresAt)) };
  }
}

function word(status: SerialStatus): SerialStatusJson['status'] {
  switch (status) {
    case SerialStatus.ACTIVE:
      return 'active';
    case SerialStatus.EXPIRED:
      return 'expired';
    case SerialStatus.REVOKED:
      return 'revoked';
    default:
      throw new DomainError('internal', 'The revocation service gave the certificate no status.');
  }
}
