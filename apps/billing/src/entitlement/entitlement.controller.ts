import {
  BillingService,
  type GetEntitlementRequest,
  type Limit,
  type SetLimitsRequest,
} from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import { entitlementMessage } from './entitlement.message.js';
import { EntitlementService, type LimitsChange } from './entitlement.service.js';

@RpcController(BillingService)
export class EntitlementController {
  constructor(private readonly entitlements: EntitlementService) {}

  @RpcMethod(BillingService.method.getEntitlement)
  async getEntitlement({ customerId }: GetEntitlementRequest) {
    return { entitlement: entitlementMessage(await this.entitlements.entitlementOf(customerId)) };
  }

  @RpcMethod(BillingService.method.setLimits)
  async setLimits({ customerId, perMinute, perMonth }: SetLimitsRequest) {
    const change: LimitsChange = {
      ...(perMinute === undefined ? {} : { perMinute: valueIn(perMinute) }),
      ...(perMonth === undefined ? {} : { perMonth: valueIn(perMonth) }),
    };
    return { entitlement: entitlementMessage(await this.entitlements.setLimits(customerId, change)) };
  }
}

/** A limit without a value is unlimited. */
const valueIn = ({ value }: Limit): bigint | null => value ?? null;
