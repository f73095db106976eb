export { checkHealth, type HealthCheck, type HealthReport } from './health.js';
export { createLogger, type Logger, type LoggerOptions, requestLogger } from './logger.js';
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
} from './metrics.js';
