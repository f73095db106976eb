import { type Counter, counter, type Registry } from '#libs/observability';

export interface JournalMetrics {
  readonly appended: Counter<'reason'>;
}

export function journalMetrics(registry: Registry): JournalMetrics {
  return {
    appended: counter({
      registry,
      name: 'revocations_total',
      help: 'Entries that were added to the revocation journal, by reason; remove_from_crl lifts a hold.',
      labels: ['reason'],
    }),
  };
}
