import { type Counter, counter, type Histogram, histogram, type Registry } from '#libs/observability';

/** What the gateway counts. Routes are patterns and codes are a fixed list, so no client can grow a series. */
export class GatewayMetrics {
  private readonly requests: Counter<'method' | 'route' | 'status'>;
  private readonly durations: Histogram<'route'>;
  private readonly failures: Counter<'code'>;
  private readonly messages: Histogram;
  private readonly lookups: Counter<'result'>;

  constructor(registry: Registry) {
    this.requests = counter({
      registry,
      name: 'http_requests_total',
      help: 'HTTP requests answered, by method, route pattern and status.',
      labels: ['method', 'route', 'status'],
    });
    this.durations = histogram({
      registry,
      name: 'http_request_duration_seconds',
      help: 'Seconds from the first byte of a request to the last of its answer.',
      labels: ['route'],
    });
    this.failures = counter({
      registry,
      name: 'http_failures_total',
      help: 'Requests refused or failed, by error code.',
      labels: ['code'],
    });
    this.messages = histogram({
      registry,
      name: 'mint_message_csrs',
      help: 'CSRs that travel to the issuer in one message.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    });
    this.lookups = counter({
      registry,
      name: 'bearer_lookups_total',
      help: 'Bearers looked up: known or unknown to the cache, or asked of the database.',
      labels: ['result'],
    });
  }

  answered(request: { method: string; route: string; status: number; seconds: number }): void {
    const { method, route, status, seconds } = request;
    this.requests.inc({ method, route, status });
    this.durations.observe({ route }, seconds);
  }

  failed(code: string): void {
    this.failures.inc({ code });
  }

  messageSent(csrs: number): void {
    this.messages.observe(csrs);
  }

  bearerLookedUp(result: 'known' | 'unknown' | 'database'): void {
    this.lookups.inc({ result });
  }
}
