import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram } from 'prom-client';
export { Registry } from 'prom-client';

const prefix = 'stackrunner_';
const misnamed = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
];

export interface RegistryOptions {
  /** Collects the metrics of the process, too. */
  readonly process?: boolean;
  /** The number of the process where several serve behind one scrape. */
  readonly replica?: number;
}

/** A service's own registry; every series carries `service`. */
export function createRegistry(service: string, options: RegistryOptions = {}): Registry {
  const registry = new Registry();
  const { replica } = options;
  registry.setDefaultLabels({ service, ...(replica !== undefined && { replica }) });
  if (options.process) {
    collectDefaultMetrics({ register: registry });
    // Gauges whose names end as only a counter's may; the same numbers are there without the ending.
    for (const name of misnamed) registry.removeSingleMetric(name);
  }
  return registry;
}

export interface MetricSpec<L extends string> {
  readonly registry: Registry;
  /** Without the product's prefix, with its unit: `mint_duration_seconds`; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

/** A number that only grows. */
export function counter<L extends string = never>(spec: MetricSpec<L>): Counter<L> {
  return new Counter(config(spec));
}

/** A number that goes up and down; `collect` sets it when it is asked for. */
export function gauge<L extends string = never>(
  spec: MetricSpec<L> & { readonly collect?: (gauge: Gauge<L>) => void | Promise<void> },
): Gauge<L> {
  const { collect } = spec;
  return new Gauge({
    ...config(spec),
    ...(collect && {
      collect() {
        return collect(this);
      },
    }),
  });
}

/** A distribution over fixed buckets, by default of seconds from 0.25 ms to 10 s. */
export function histogram<L extends string = never>(
  spec: MetricSpec<L> & { readonly buckets?: readonly number[] },
): Histogram<L> {
  return new Histogram({ ...config(spec), buckets: [...(spec.buckets ?? secondsBuckets)] });
}

const secondsBuckets = [
  0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

function config<L extends string>({ registry, name, help, labels }: MetricSpec<L>) {
  return { name: prefix + name, help, labelNames: labels ?? [], registers: [registry] };
}
