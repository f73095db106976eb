import {
  BillingService,
  type ChangePlanRequest,
  type GetEntitlementRequest,
  type Limit,
  type SetLimitsRequest,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { RpcController, RpcMethod } from '#libs/rpc';
import { defaultPlan, type PlanName, planNamed } from '../plan/plan.js';
import { entitlementMessage } from './entitlement.message.js';
import { EntitlementService, type LimitsChange } from './entitlement.service.js';

@RpcController(BillingService)
export class EntitlementController {
  constructor(private readonly entitlements: EntitlementService) {}

  @RpcMethod(BillingService.method.getEntitlement)
  async getEntitlement({ customerId, plan }: GetEntitlementRequest) {
    const entitlement = await this.entitlements.entitlementOf(customerId, knownPlan(plan || defaultPlan));
    return { entitlement: entitlementMessage(entitlement) };
  }

  @RpcMethod(BillingService.method.changePlan)
  async changePlan({ customerId, plan }: ChangePlanRequest) {
    const entitlement = await this.entitlements.changePlan(customerId, knownPlan(plan));
    return { entitlement: entitlementMessage(entitlement) };
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

/** @throws DomainError bad_request */
function knownPlan(name: string): PlanName {
  const plan = planNamed(name);
  if (plan !== undefined) return plan;
  throw new DomainError('bad_request', `There is no plan ${JSON.stringify(name.slice(0, 40))}.`);
}

/** A limit without a value is unlimited. */
const valueIn = ({ value }: Limit): bigint | null => value ?? null;
