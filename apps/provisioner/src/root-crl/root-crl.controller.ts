import { Inject } from '@nestjs/common';
import { ProvisionerService, type SignRootCrlRequest } from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import { RootCrlService } from './root-crl.service.js';

/** The root's only signature after its ceremony. */
@RpcController(ProvisionerService)
export class RootCrlController {
  constructor(@Inject(RootCrlService) private readonly roots: RootCrlService) {}

  @RpcMethod(ProvisionerService.method.signRootCrl)
  async signRootCrl(request: SignRootCrlRequest) {
    return { der: await this.roots.sign(request) };
  }
}
