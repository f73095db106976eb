/** How many certificates a customer may mint; null is unlimited. */
export interface Limits {
  /** In any 60 seconds. */
  readonly perMinute: bigint | null;
  /** In a calendar month (UTC). */
  readonly perMonth: bigint | null;
  /** Ever. */
  readonly lifetime: bigint | null;
  /** Ever, of each bucket of lifetimes. */
  readonly perTtl: bigint | null;
}

/**
 * Every plan, and what it includes (specification 1, "Limits + rate caps"; specification 3, "Quota"). The only
 * place that says so.
 */
export const plans = {
  dev: { perMinute: 500n, perMonth: 5_000n, lifetime: null, perTtl: null },
  free: { perMinute: 5n, perMonth: null, lifetime: 25n, perTtl: 25n },
  mint_pack: { perMinute: 5n, perMonth: null, lifetime: null, perTtl: null },
} as const satisfies Record<string, Limits>;

export type PlanName = keyof typeof plans;

/** What a customer gets that has not chosen otherwise. */
export const defaultPlan: PlanName = 'dev';

/** @returns undefined when there is no such plan */
export function planNamed(name: string): PlanName | undefined {
  return Object.hasOwn(plans, name) ? (name as PlanName) : undefined;
}
