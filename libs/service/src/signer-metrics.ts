import type { SignerObserver } from '#libs/kms';
import { type Counter, counter, type Histogram, histogram, type Registry } from '#libs/observability';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What operators see of remote key management services. */
export class SignerMetrics implements SignerObserver {
  private readonly calls: Counter<'backend' | 'operation'>;
  private readonly errors: Counter<'backend' | 'operation' | 'kind'>;
  private readonly latency: Histogram<'backend' | 'operation'>;
  private readonly queueWait: Histogram<'backend'>;

  constructor(registry: Registry) {
    this.calls = counter({
      registry,
      name: 'kms_calls_total',
      help: 'Calls to remote key management services, also those that were tried again; each signature of a list counts.',
      labels: ['backend', 'operation'],
    });
    this.errors = counter({
      registry,
      name: 'kms_errors_total',
      help: 'Calls to remote key management services that failed, by the reason of the failure.',
      labels: ['backend', 'operation', 'kind'],
    });
    this.latency = histogram({
      registry,
      name: 'kms_call_duration_seconds',
      help: 'Time of one call to a remote key management service.',
      labels: ['backend', 'operation'],
      buckets: seconds,
    });
    this.queueWait = histogram({
      registry,
      name: 'kms_queue_wait_seconds',
      help: 'Time that a signature waited for its turn at the quota of a remote key management service.',
      labels: ['backend'],
      buckets: seconds,
    });
  }

  called({ backend, operation, failure, seconds: time }: Parameters<SignerObserver['called']>[0]): void {
    this.calls.inc({ backend, operation });
    this.latency.observe({ backend, operation }, time);
    if (failure !== '') this.errors.inc({ backend, operation, kind: failure });
  }

  waited({ backend, seconds: time }: Parameters<SignerObserver['waited']>[0]): void {
    this.queueWait.observe({ backend }, time);
  }
}
