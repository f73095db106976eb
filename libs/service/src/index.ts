export { checkHealth, type HealthCheck, type HealthReport } from '#libs/observability';
export { type Clock, systemClock } from './clock.js';
export { openSigner } from './open-signer.js';
export { PeriodicJob, type PeriodicJobOptions } from './periodic-job.js';
export { productVersion } from './product-version.js';
export { type Process, runProcess } from './run-process.js';
export { runService, type ServiceDefinition, startService } from './run-service.js';
export type { RunningService, ServiceDeps } from './service.js';
