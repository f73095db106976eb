import type { MessageInitShape } from '@bufbuild/protobuf';
import type { EntitlementSchema } from '#libs/contracts';
import type { EntitlementRow } from './entitlement.entity.js';

/** An entitlement as the contract carries it: an unlimited limit is an unset field. */
export function entitlementMessage(row: EntitlementRow): MessageInitShape<typeof EntitlementSchema> {
  const { customerId, plan, version, perMinute, perMonth, lifetime, perTtl } = row;
  return {
    customerId,
    plan,
    version,
    ...(perMinute === null ? {} : { perMinute }),
    ...(perMonth === null ? {} : { perMonth }),
    ...(lifetime === null ? {} : { lifetime }),
    ...(perTtl === null ? {} : { perTtl }),
  };
}
