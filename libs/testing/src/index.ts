export { FixedClock } from './fixed-clock.js';
export { type Example, type ExampleCall, type ExampleOutcome, natsExample } from './nats-examples.js';
export { type NatsServer, type NatsServerOptions, startNatsServer } from './nats-server.js';
export { openssl, type TestChain, type TestCsr, type TestCsrOptions, type TestKeyType } from './openssl.js';
export { requireTool } from './require-tool.js';
export { restOf } from './rest-of-service.js';
export { type SharedPostgres, startSharedPostgres } from './shared-postgres.js';
export { type TestDatabase, testDatabase } from './test-database.js';
