import { type Counter, counter, type Gauge, gauge, type Registry } from '#libs/observability';

export interface RestoreMetrics {
  readonly replayed: Counter;
  readonly doubted: Gauge;
}

export function restoreMetrics(registry: Registry): RestoreMetrics {
  return {
    replayed: counter({
      registry,
      name: 'journal_entries_replayed_total',
      help: 'Revocations that a restored database had lost and that were put back from the record outside of it.',
    }),
    doubted: gauge({
      registry,
      name: 'journal_customers_doubted',
      help: 'Customers of whom nothing is called good, because revocations are missing that nobody could name yet.',
    }),
  };
}
