import { type ListUsageRequest, MeteringService, type ReconcileUsageRequest } from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import { dateOf } from './month.js';
import { UsageRepository } from './usage.repository.js';
import { UsageReconciler } from './usage-reconciler.js';

@RpcController(MeteringService)
export class MeteringController {
  constructor(
    private readonly reconciler: UsageReconciler,
    private readonly usage: UsageRepository,
  ) {}

  @RpcMethod(MeteringService.method.reconcileUsage)
  async reconcileUsage({ handle }: ReconcileUsageRequest) {
    const { customers, differences } = await this.reconciler.run(handle);
    return {
      customers: BigInt(customers),
      differences: differences.map((each) => ({ ...each, repairs: [...each.repairs] })),
    };
  }

  @RpcMethod(MeteringService.method.listUsage)
  async listUsage({ customerId }: ListUsageRequest) {
    const months = await this.usage.list(customerId);
    return {
      months: months.map(({ month, issued, inTrail, takenAt }) => ({
        month: dateOf(month).slice(0, 7),
        ...{ issued, inTrail },
        takenAt: BigInt(Math.floor(takenAt / 1000)),
      })),
    };
  }
}
