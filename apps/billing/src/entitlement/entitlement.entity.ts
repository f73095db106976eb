import { EntitySchema, type ValueTransformer } from 'typeorm';
import type { PlanName } from '../plan/plan.js';

/** What one customer may do: its plan's limits as they were when it came, or as an operator set them. */
export interface EntitlementRow {
  readonly customerId: string;
  readonly plan: PlanName;
  /** Certificates in any 60 seconds; null when unlimited. */
  readonly perMinute: bigint | null;
  /** Certificates in a calendar month (UTC); null when unlimited. */
  readonly perMonth: bigint | null;
  /** Certificates ever; null when unlimited. */
  readonly lifetime: bigint | null;
  /** Certificates ever of each bucket of lifetimes; null when unlimited. */
  readonly perTtl: bigint | null;
  /** From 1, one more with every change. */
  readonly version: bigint;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** node-postgres gives a bigint as text. */
const bigint: ValueTransformer = {
  to: (value: bigint | null | undefined) => value?.toString() ?? value,
  from: (value: string | null) => (value === null ? null : BigInt(value)),
};

export const EntitlementEntity = new EntitySchema<EntitlementRow>({
  name: 'entitlement',
  columns: {
    customerId: { name: 'customer_id', type: 'uuid', primary: true },
    plan: { type: 'text' },
    perMinute: { name: 'per_minute', type: 'bigint', nullable: true, transformer: bigint },
    perMonth: { name: 'per_month', type: 'bigint', nullable: true, transformer: bigint },
    lifetime: { type: 'bigint', nullable: true, transformer: bigint },
    perTtl: { name: 'per_ttl', type: 'bigint', nullable: true, transformer: bigint },
    version: { type: 'bigint', transformer: bigint },
    createdAt: { name: 'created_at', type: 'timestamptz' },
    changedAt: { name: 'changed_at', type: 'timestamptz' },
  },
});
