import type { RevocationService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { presentStanding, type StandingJson } from '../revocation/revocation.presenter.js';
import { parseSerial } from './serial.js';

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
  async status(handle: string, serial: string, requestId: string): Promise<StandingJson> {
    const customerId = await this.directory.idOf(handle);
    const octets = parseSerial(serial);
    if (octets === undefined) throw new DomainError('serial_not_found', 'This is not a serial number.');
    const answer = await this.revocation.getSerialStatus(
      { customerId, serial: octets },
      { metadata: { 'x-request-id': requestId } },
    );
    return presentStanding(answer);
  }
}
