export {
  type DatabaseModuleOptions,
  databaseModule,
  dataSourceOptions,
  dataSourceToken,
} from './database.module.js';
export { isUnavailable, mapDatabaseError, sqlState } from './database-error.js';
export {
  EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded-postgres/embedded-postgres.js';
export { GroupWriter, type GroupWriterOptions } from './group-writer.js';
export { type MigrateOptions, type MigrationReport, migrate } from './migrate.js';
export { grant, type MigrationClass, type MigrationSet, migrationsTable } from './migration-set.js';
export { createEnsurePartitions, type MonthlyPartitions } from './monthly-partitions.js';
export { createOutbox, Outbox } from './outbox.js';
export { OutboxRelay, type OutboxRelayOptions, outboxEventId } from './outbox-relay.js';
export { createPool, type PoolOptions } from './pool.js';
export {
  byteaArray,
  byteaArrayOfBlocks,
  int4Array,
  textArray,
  timestamptzArray,
  uuidArray,
  uuidBytes,
} from './postgres-arrays.js';
export { customerSetting, enableRowSecurity, type RowSecurityOptions } from './row-security.js';
export { type DatabaseSettings, serviceRole } from './settings.js';
export { TenantScope, withEveryCustomer, withTenant } from './tenant-scope.js';
export { checkSchema, type WaitOptions, waitForSchema } from './wait-for-schema.js';
