import { type Gauge, gauge, type Registry } from '#libs/observability';

export interface FollowerMetrics {
  readonly lag: Gauge;
  readonly lastLook: Gauge;
}

export function followerMetrics(registry: Registry): FollowerMetrics {
  return {
    lag: gauge({
      registry,
      name: 'journal_lag_seconds',
      help: 'How long after it was recorded the last revocation was heard of by this replica.',
    }),
    lastLook: gauge({
      registry,
      name: 'journal_last_look_timestamp_seconds',
      help: 'When this replica has read the journal last, as Unix time; it does so five times a second.',
    }),
  };
}
