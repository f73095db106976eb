import { RevocationActorKind, RevocationService as RevocationRpc, type RevokeRequest } from '#libs/contracts';
import { type CallContext, RpcController, RpcMethod } from '#libs/rpc';
import { type RevocationResult, RevocationService } from './revocation.service.js';

@RpcController(RevocationRpc)
export class RevocationController {
  constructor(private readonly revocations: RevocationService) {}

  @RpcMethod(RevocationRpc.method.revoke)
  async revoke(request: RevokeRequest, context: CallContext) {
    const { customerId, serials, reason, invalidityDate, actor, mintedBy } = request;
    const results = await this.revocations.revoke(
      {
        ...{ customerId, serials, reason, mintedBy },
        actor: { kind: actor?.kind ?? RevocationActorKind.UNSPECIFIED, id: actor?.id ?? '' },
        invalidityDate: invalidityDate === undefined ? undefined : Number(invalidityDate) * 1000,
      },
      context,
    );
    return { revocations: results.map(revocationMessage) };
  }
}

function revocationMessage({ serial, status, expiresAt, revoked, changed }: RevocationResult) {
  return {
    ...{ serial, status, changed, expiresAt: unixSeconds(expiresAt) },
    ...(revoked && {
      revokedAt: unixSeconds(revoked.revokedAt),
      reason: revoked.reason,
      ...(revoked.invalidityDate !== undefined && { invalidityDate: unixSeconds(revoked.invalidityDate) }),
    }),
  };
}

const unixSeconds = (ms: number): bigint => BigInt(Math.floor(ms / 1000));
