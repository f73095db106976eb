import {
  type CountBulkRevocationRequest,
  type GetBulkRevocationRequest,
  RevocationService,
  type StartBulkRevocationRequest,
} from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import { bulkMessage } from './bulk.message.js';
import { BulkService } from './bulk.service.js';

@RpcController(RevocationService)
export class BulkController {
  constructor(private readonly bulk: BulkService) {}

  @RpcMethod(RevocationService.method.startBulkRevocation)
  async startBulkRevocation(request: StartBulkRevocationRequest) {
    return { job: bulkMessage(await this.bulk.start(request)) };
  }

  @RpcMethod(RevocationService.method.countBulkRevocation)
  async countBulkRevocation({ customerId, criteria }: CountBulkRevocationRequest) {
    const { matched, revoked, notFound } = await this.bulk.count(customerId, criteria);
    return { matched: BigInt(matched), revoked: BigInt(revoked), notFound: BigInt(notFound) };
  }

  @RpcMethod(RevocationService.method.getBulkRevocation)
  async getBulkRevocation({ customerId, id }: GetBulkRevocationRequest) {
    return { job: bulkMessage(await this.bulk.find(customerId, id)) };
  }
}
