export { checkHealth, type HealthCheck, type HealthReport } from './health.js';
export { createLogger, type Logger } from './logger.js';
export {
  type Counter,
  counter,
  createRegistry,
  type Gauge,
  gauge,
  type Histogram,
  histogram,
  type MetricSpec,
  Registry,
  type RegistryOptions,
} from './metrics.js';
export { type MetricsSource, metricsText } from './metrics-text.js';
export {
  type OperationsServer,
  type OperationsServerOptions,
  startOperationsServer,
} from './operations-server.js';
export { startTracing, type Tracing, withRequestSpan, withSpan } from './tracing.js';
