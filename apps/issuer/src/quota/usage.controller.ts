import { Inject } from '@nestjs/common';
import { type ReconcileQuotaRequest, UsageService } from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { tokens } from '../issuer.tokens.js';
import { checkCustomerId } from '../policy/batch.policy.js';
import { QuotaRepository } from './quota.repository.js';

@RpcController(UsageService)
export class UsageController {
  constructor(
    @Inject(QuotaRepository) private readonly quotas: QuotaRepository,
    @Inject(tokens.clock) private readonly clock: Clock,
  ) {}

  @RpcMethod(UsageService.method.reconcileQuota)
  async reconcileQuota({ customerId, month, until }: ReconcileQuotaRequest) {
    checkCustomerId(customerId);
    const times = { month: Number(month), until: Number(until), now: this.clock.now() / 1000 };
    const { issued, repairs } = await this.quotas.reconcile(customerId, times);
    return { issuedInMonth: issued, repairs: [...repairs] };
  }
}
