export { checkHealth, type HealthCheck, type HealthReport } from '#libs/observability';
export { type Clock, systemClock } from './clock.js';
export type { RunningService, ServiceDeps } from './service.js';
