/** How many certificates a customer may mint; null is unlimited. */
export interface Limits {
  /** In any 60 seconds. */
  readonly perMinute: bigint | null;
  /** In a calendar month (UTC). */
  readonly perMonth: bigint | null;
}

/** Every plan, and what it includes (specification 1, "Limits + rate caps"). The only place that says so. */
export const plans = {
  dev: { perMinute: 500n, perMonth: 5_000n },
} as const satisfies Record<string, Limits>;

export type PlanName = keyof typeof plans;

/** What a customer gets that has not chosen otherwise. */
export const defaultPlan: PlanName = 'dev';
