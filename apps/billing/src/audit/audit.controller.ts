import { AuditService, type ReadTrailRequest } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { RpcController, RpcMethod } from '#libs/rpc';
import { AuditRepository } from './audit.repository.js';

const defaultPage = 100;
const largestPage = 1_000;
const noHash = new Uint8Array(32);

@RpcController(AuditService)
export class AuditController {
  constructor(private readonly trail: AuditRepository) {}

  @RpcMethod(AuditService.method.readTrail)
  async readTrail({ customerId, after, limit }: ReadTrailRequest) {
    const size = limit === 0 ? defaultPage : limit;
    if (size < 1 || size > largestPage)
      throw new DomainError('bad_request', `limit must be from 1 to ${largestPage}.`);
    const { entries, head } = await this.trail.read(customerId, after, size);
    return {
      entries: entries.map(({ sequence, recordedAt, hash, body }) => ({
        ...{ sequence, hash, body },
        recordedAt: BigInt(recordedAt.getTime()),
      })),
      headSequence: head?.sequence ?? 0n,
      headHash: head?.hash ?? noHash,
    };
  }
}
