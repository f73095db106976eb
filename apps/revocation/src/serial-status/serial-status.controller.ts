import { type GetSerialStatusRequest, RevocationService } from '#libs/contracts';
import { type CallContext, RpcController, RpcMethod } from '#libs/rpc';
import { SerialStatusService } from './serial-status.service.js';

@RpcController(RevocationService)
export class SerialStatusController {
  constructor(private readonly serialStatus: SerialStatusService) {}

  @RpcMethod(RevocationService.method.getSerialStatus)
  async getSerialStatus({ customerId, serial }: GetSerialStatusRequest, context: CallContext) {
    const { status, expiresAt, revokedAt, reason } = await this.serialStatus.statusOf(
      customerId,
      serial,
      context,
    );
    return {
      status,
      expiresAt: BigInt(expiresAt),
      ...(revokedAt !== undefined && { revokedAt: BigInt(revokedAt), reason: reason ?? 0 }),
    };
  }
}
