import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject } from '@nestjs/common';
import {
  ProvisionerService,
  type RotateAuthorityRequest,
  type RotateAuthorityResponseSchema,
} from '#libs/contracts';
import { type CallContext, RpcController, RpcMethod } from '#libs/rpc';
import { asker } from '../ceremony/asker.js';
import { RotationService } from './rotation.service.js';

/** The rotation of `ProvisionerService`. */
@RpcController(ProvisionerService)
export class RotationController {
  constructor(@Inject(RotationService) private readonly rotations: RotationService) {}

  @RpcMethod(ProvisionerService.method.rotateAuthority)
  async rotateAuthority(
    { handle, now, dryRun, requestedBy }: RotateAuthorityRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof RotateAuthorityResponseSchema>> {
    const wish = { handle, now, dryRun, requestedBy: asker(requestedBy, context) };
    const { dueAt, retiredAt, steps, ...plan } = await this.rotations.rotate(wish);
    return { ...plan, steps: [...steps], dueAt: unixSeconds(dueAt), retiredAt: unixSeconds(retiredAt) };
  }
}

function unixSeconds(milliseconds: number): bigint {
  return BigInt(Math.floor(milliseconds / 1_000));
}
