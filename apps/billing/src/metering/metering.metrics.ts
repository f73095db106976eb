import { type Counter, counter, type Registry } from '#libs/observability';

export interface MeteringMetrics {
  readonly differences: Counter;
}

export function meteringMetrics(registry: Registry): MeteringMetrics {
  return {
    differences: counter({
      registry,
      name: 'usage_differences_total',
      help: 'Customers whose counters, certificates and audit trail did not agree.',
    }),
  };
}
