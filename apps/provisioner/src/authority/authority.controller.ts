import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject } from '@nestjs/common';
import {
  type GetAuthorityRequest,
  type GetAuthorityResponseSchema,
  ProvisionerService,
} from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import { AuthorityService } from './authority.service.js';

/** The authority half of `ProvisionerService`. */
@RpcController(ProvisionerService)
export class AuthorityController {
  constructor(@Inject(AuthorityService) private readonly authorities: AuthorityService) {}

  @RpcMethod(ProvisionerService.method.getAuthority)
  async getAuthority(
    request: GetAuthorityRequest,
  ): Promise<MessageInitShape<typeof GetAuthorityResponseSchema>> {
    return { authority: await this.authorities.get(request) };
  }
}
