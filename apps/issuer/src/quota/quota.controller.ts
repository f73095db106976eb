import { Inject } from '@nestjs/common';
import {
  type GetQuotaRequest,
  type GetQuotaResponse,
  type KeyProblem as IssuerKeyProblem,
  IssuerService,
} from '#libs/contracts';
import { type CallContext, callFrom, RpcController, RpcMethod } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { tokens } from '../issuer.tokens.js';
import { type KeyProblem, KeyProblemRepository } from '../key-problem/key-problem.repository.js';
import { checkCustomerId } from '../policy/batch.policy.js';
import { EntitlementService } from './entitlement.service.js';
import { monthEnd } from './month.js';
import { QuotaRepository } from './quota.repository.js';

@RpcController(IssuerService)
export class QuotaController {
  constructor(
    private readonly quotas: QuotaRepository,
    private readonly entitlements: EntitlementService,
    private readonly problems: KeyProblemRepository,
    @Inject(tokens.clock) private readonly clock: Clock,
  ) {}

  @RpcMethod(IssuerService.method.getQuota)
  async getQuota(
    { customerId, plan }: GetQuotaRequest,
    context: CallContext,
  ): Promise<Omit<GetQuotaResponse, '$typeName'>> {
    checkCustomerId(customerId);
    const now = this.clock.now();
    let quota = await this.quotas.find(customerId, now);
    if (!quota) {
      await this.entitlements.fetch(customerId, callFrom(context), plan);
      quota = await this.quotas.find(customerId, now);
    }
    const problem = await this.problems.find(customerId);
    return {
      ...(quota?.perMinute !== undefined && { perMinute: quota.perMinute }),
      ...(quota?.perMonth !== undefined && { perMonth: quota.perMonth }),
      ...(quota?.lifetime !== undefined && { lifetime: quota.lifetime }),
      ...(quota?.perTtl !== undefined && { perTtl: quota.perTtl }),
      usedInLifetime: quota?.usedInLifetime ?? 0n,
      usedByTtl: [...(quota?.usedByTtl ?? [])],
      usedThisMinute: quota?.usedThisMinute ?? 0n,
      usedThisMonth: quota?.usedThisMonth ?? 0n,
      monthResetsAt: BigInt(monthEnd(now) / 1000),
      entitlementVersion: quota?.entitlementVersion ?? 0n,
      ...(problem && { keyProblem: keyProblem(problem) }),
    };
  }
}

function keyProblem({ keyRef, reason, message, since, lastAt }: KeyProblem): IssuerKeyProblem {
  const seconds = (milliseconds: number) => BigInt(Math.floor(milliseconds / 1_000));
  const $typeName = 'stackrunner.issuer.v1.KeyProblem';
  return { $typeName, keyRef, reason, message, since: seconds(since), lastAt: seconds(lastAt) };
}
