import {
  type Counter,
  counter,
  type Gauge,
  gauge,
  type Histogram,
  histogram,
  type Registry,
} from '#libs/observability';

export interface CrlMetrics {
  readonly generated: Counter<'cause'>;
  readonly failed: Counter;
  readonly duration: Histogram;
  readonly oldest: Gauge;
  readonly stale: Gauge;
}

export function crlMetrics(registry: Registry): CrlMetrics {
  return {
    generated: counter({
      registry,
      name: 'crls_generated_total',
      help: 'CRLs that were made and published here, by cause.',
      labels: ['cause'],
    }),
    failed: counter({ registry, name: 'crl_failures_total', help: 'CRLs that could not be made.' }),
    duration: histogram({
      registry,
      name: 'crl_generation_seconds',
      help: 'Time to make a CRL, from its lock to its signature.',
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    }),
    oldest: gauge({
      registry,
      name: 'crl_overdue_seconds',
      help: 'How long the most overdue CRL should have been made already; 0 when none is overdue.',
    }),
    stale: gauge({ registry, name: 'crls_stale', help: 'CRLs past their next update.' }),
  };
}
