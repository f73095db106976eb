import type { AuditService } from '#libs/contracts';
import type { Client } from '#libs/rpc';
import type { CustomerDirectory } from '../customer/customer.directory.js';

/** A page of a customer's audit trail (docs/audit.md). */
export interface TrailPageJson {
  readonly customer_id: string;
  readonly handle: string;
  readonly entries: readonly TrailEntryJson[];
  readonly head: { readonly sequence: number; readonly hash: string };
}

export interface TrailEntryJson {
  readonly sequence: number;
  readonly recorded_at: string;
  /** SHA-256 in hex. */
  readonly hash: string;
  /** Written again by JSON.stringify it is, to the byte, what the hash covers. */
  readonly entry: unknown;
}

export interface TrailPageWish {
  /** A sequence; 0 for the first page. */
  readonly after: number;
  readonly limit: number;
}

/** Reads audit trails, each customer its own. */
export class AuditTrailService {
  constructor(
    private readonly audit: Client<typeof AuditService>,
    private readonly directory: Pick<CustomerDirectory, 'idOf'>,
  ) {}

  /** @throws DomainError customer_not_found */
  async readByHandle(handle: string, wish: TrailPageWish, requestId: string): Promise<TrailPageJson> {
    const customerId = await this.directory.idOf(handle);
    return this.read({ customerId, handle }, wish, requestId);
  }

  async read(
    { customerId, handle }: { readonly customerId: string; readonly handle: string },
    { after, limit }: TrailPageWish,
    requestId: string,
  ): Promise<TrailPageJson> {
    const page = await this.audit.readTrail(
      { customerId, after: BigInt(after), limit },
      { metadata: { 'x-request-id': requestId } },
    );
    return {
      customer_id: customerId,
      handle,
      entries: page.entries.map(({ sequence, recordedAt, hash, body }) => ({
        sequence: Number(sequence),
        recorded_at: new Date(Number(recordedAt)).toISOString(),
        hash: Buffer.from(hash).toString('hex'),
        entry: JSON.parse(body) as unknown,
      })),
      head: { sequence: Number(page.headSequence), hash: Buffer.from(page.headHash).toString('hex') },
    };
  }
}
