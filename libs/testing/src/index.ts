export { FixedClock } from './fixed-clock.js';
export { type NatsServer, type NatsServerOptions, startNatsServer } from './nats-server.js';
export { type SharedPostgres, startSharedPostgres } from './shared-postgres.js';
export { type TestDatabase, testDatabase } from './test-database.js';
