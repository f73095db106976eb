import type { MeteringService as MeteringRpc } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Client } from '#libs/rpc';
import type { CustomerDirectory } from '../customer/customer.directory.js';
import { isHandle } from '../customer/handle.js';
import { timestamp } from '../http/timestamp.js';

/** How long it may take to look at every customer, in milliseconds. */
const reconcileMs = 300_000;

export class MeteringService {
  constructor(
    private readonly metering: Client<typeof MeteringRpc>,
    private readonly directory: Pick<CustomerDirectory, 'idOf'>,
  ) {}

  /** @throws DomainError customer_not_found; overloaded while another reconciliation runs */
  async reconcile(handle: string | undefined, requestId: string) {
    if (handle !== undefined && !isHandle(handle))
      throw new DomainError('customer_not_found', 'There is no customer with this handle.');
    const { customers, differences } = await this.metering.reconcileUsage(
      { handle: handle ?? '' },
      { timeoutMs: reconcileMs, metadata: { 'x-request-id': requestId } },
    );
    return {
      customers: Number(customers),
      differences: differences.map(({ handle: name, repairs, issued, inTrail }) => ({
        handle: name,
        repairs: repairs.map((each) => ({
          ...{ counter: each.counter, counted: Number(each.counted), issued: Number(each.issued) },
        })),
        issued: Number(issued),
        in_trail: Number(inTrail),
      })),
    };
  }

  /** @throws DomainError customer_not_found */
  async months(handle: string, requestId: string) {
    const customerId = await this.directory.idOf(handle);
    const { months } = await this.metering.listUsage(
      { customerId },
      { metadata: { 'x-request-id': requestId } },
    );
    return {
      handle,
      months: months.map(({ month, issued, inTrail, takenAt }) => ({
        month,
        issued: Number(issued),
        in_trail: Number(inTrail),
        taken_at: timestamp(Number(takenAt)),
      })),
    };
  }
}
