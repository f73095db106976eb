import { type ListCrlsRequest, type RegenerateCrlsRequest, RevocationService } from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import { CrlStatusService } from './crl-status.service.js';

/** For operators. */
@RpcController(RevocationService)
export class CrlController {
  constructor(private readonly crls: CrlStatusService) {}

  @RpcMethod(RevocationService.method.listCrls)
  listCrls(request: ListCrlsRequest) {
    return this.crls.list(request);
  }

  @RpcMethod(RevocationService.method.regenerateCrls)
  async regenerateCrls({ customerId }: RegenerateCrlsRequest) {
    const { crls } = await this.crls.regenerate(customerId);
    return { crls };
  }
}
