import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject } from '@nestjs/common';
import {
  type ImportAuthorityRequest,
  type ImportAuthorityResponseSchema,
  ProvisionerService,
  type RequestAuthorityRequest,
  type RequestAuthorityResponseSchema,
} from '#libs/contracts';
import { type CallContext, RpcController, RpcMethod } from '#libs/rpc';
import { asker } from '../ceremony/asker.js';
import { ImportService } from './import.service.js';

/** What `ProvisionerService` does for customers with a root of their own. */
@RpcController(ProvisionerService)
export class ImportController {
  constructor(@Inject(ImportService) private readonly imports: ImportService) {}

  @RpcMethod(ProvisionerService.method.requestAuthority)
  async requestAuthority(
    { handle, requestedBy }: RequestAuthorityRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof RequestAuthorityResponseSchema>> {
    const { request, ...rest } = await this.imports.request(handle, asker(requestedBy, context));
    return { ...rest, ...(request && { csrDer: request }) };
  }

  @RpcMethod(ProvisionerService.method.importAuthority)
  async importAuthority(
    { handle, certificates, keyRef, requestedBy }: ImportAuthorityRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof ImportAuthorityResponseSchema>> {
    const wish = { handle, certificates, keyRef, requestedBy: asker(requestedBy, context) };
    return { generation: await this.imports.import(wish) };
  }
}
