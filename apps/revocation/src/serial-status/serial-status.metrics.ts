import { type Counter, counter, type Gauge, gauge, type Registry } from '#libs/observability';

export interface SerialStatusMetrics {
  readonly recorded: Counter;
  readonly waiting: Gauge;
  readonly lookups: Counter<'result'>;
}

export function serialStatusMetrics(registry: Registry): SerialStatusMetrics {
  return {
    recorded: counter({
      registry,
      name: 'serials_recorded_total',
      help: 'Certificates of issued events that were recorded, those that were known included.',
    }),
    waiting: gauge({
      registry,
      name: 'serials_waiting',
      help: 'Certificates of issued events that are not recorded yet.',
    }),
    lookups: counter({
      registry,
      name: 'serial_lookups_total',
      help: 'Questions for the status of a serial number, by where it was found.',
      labels: ['result'],
    }),
  };
}
