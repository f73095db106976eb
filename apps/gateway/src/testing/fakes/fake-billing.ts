import { Inject } from '@nestjs/common';
import {
  AuditService,
  BillingService,
  type ChangePlanRequest,
  MeteringService,
  type ReadTrailRequest,
  type ReconcileUsageRequest,
  type SetLimitsRequest,
} from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import { FakeProduct } from './fake-product.js';

@RpcController(BillingService)
export class FakeBilling {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(BillingService.method.getEntitlement)
  async getEntitlement() {
    return {};
  }

  @RpcMethod(BillingService.method.changePlan)
  async changePlan({ customerId, plan }: ChangePlanRequest) {
    this.product.entitlementVersion += 1n;
    return { entitlement: { customerId, plan, version: this.product.entitlementVersion } };
  }

  @RpcMethod(BillingService.method.setLimits)
  async setLimits({ customerId, perMinute, perMonth }: SetLimitsRequest) {
    const { product } = this;
    if (perMinute !== undefined) product.perMinute = perMinute.value;
    if (perMonth !== undefined) product.perMonth = perMonth.value;
    product.entitlementVersion += 1n;
    return { entitlement: { customerId, plan: 'dev', version: product.entitlementVersion } };
  }
}

@RpcController(AuditService)
export class FakeAudit {
  @RpcMethod(AuditService.method.readTrail)
  async readTrail({ customerId, after, limit }: ReadTrailRequest) {
    const body = JSON.stringify({
      ...{ action: 'issue', at: '2026-03-01T09:30:12.345Z', outcome: 'ok', actor: { kind: 'system' } },
      details: { customerId, limit },
    });
    const entry = { sequence: after + 1n, recordedAt: 1_700_000_000_123n, hash: new Uint8Array(32), body };
    return { entries: [entry], headSequence: after + 1n, headHash: new Uint8Array(32) };
  }
}

@RpcController(MeteringService)
export class FakeMetering {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(MeteringService.method.reconcileUsage)
  async reconcileUsage({ handle }: ReconcileUsageRequest) {
    this.product.check();
    if (handle === '') return { customers: 3n };
    this.product.customer(handle);
    const repairs = [{ counter: 'month', counted: 9n, issued: 7n }];
    return { customers: 1n, differences: [{ handle, repairs, issued: 7n, inTrail: 5n }] };
  }

  @RpcMethod(MeteringService.method.listUsage)
  async listUsage() {
    const takenAt = BigInt(Date.parse('2026-04-01T02:00:00Z') / 1000);
    return { months: [{ month: '2026-03', issued: 7n, inTrail: 5n, takenAt }] };
  }
}
