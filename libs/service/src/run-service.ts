import {
  type ConfigOf,
  type DatabaseConfig,
  loadConfig,
  type NatsConfig,
  type OperationsConfig,
  type ServiceName,
  StartError,
} from '#libs/config';
import {
  checkSchema,
  createPool,
  isUnavailable,
  type MigrationSet,
  migrate,
  sqlState,
  waitForSchema,
} from '#libs/database';
import { DomainError } from '#libs/errors';
import {
  checkHealth,
  createLogger,
  createRegistry,
  type HealthReport,
  type Logger,
  startOperationsServer,
  startTracing,
} from '#libs/observability';
import { connectNats, type NatsSettings } from '#libs/rpc';
import { systemClock } from './clock.js';
import { type Process, runProcess } from './run-process.js';
import type { RunningService, ServiceDeps } from './service.js';

export interface ServiceDefinition<S extends ServiceName> {
  readonly migrations: MigrationSet;
  readonly start: (deps: ServiceDeps<ConfigOf<S>>) => Promise<RunningService>;
}

/**
 * One service as a process of its own: the whole of its `main.ts`. Services, NATS, PostgreSQL and migrations may
 * come up in any order; `/health` answers from the first moment, `/ready` says what is still missing.
 */
export async function runService<S extends ServiceName>(
  name: S,
  definition: ServiceDefinition<S>,
): Promise<never> {
  return runProcess((signal) => startService(name, definition, signal));
}

/** What every service's configuration has. */
interface SharedConfig {
  readonly operations: OperationsConfig;
  readonly database: DatabaseConfig;
  readonly nats: NatsConfig;
}

/** Starts a service with everything it stands on; stopping takes that down in the opposite order. */
export async function startService<S extends ServiceName>(
  name: S,
  { migrations, start }: ServiceDefinition<S>,
  signal: AbortSignal,
): Promise<Process> {
  const config = loadConfig(name);
  const { operations, database, nats }: SharedConfig = config;
  const logger = createLogger(name, operations.logLevel);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const undo of stops.splice(0).reverse()) await undo();
  };
  try {
    if (operations.otlpEndpoint) stops.push((await startTracing(name, operations.otlpEndpoint)).stop);
    const registry = createRegistry(name, { process: true });
    const pool = createPool({ ...database, poolSize: 2 }, { service: name });
    stops.push(() => pool.end());
    const bus = await connectNats(natsSettings(name, nats, logger));
    stops.push(() => bus.close());

    let service: RunningService | undefined;
    const ready = async (): Promise<HealthReport> => {
      const own = await checkHealth([
        { name: 'database', check: () => checkSchema(pool, migrations) },
        { name: 'nats', check: async () => assertThat(bus.connected(), 'NATS is not connected') },
        {
          name: 'service',
          check: async () =>
            assertThat(service !== undefined && !signal.aborted, signal.aborted ? 'stopping' : 'starting'),
        },
      ]);
      const its = (await service?.ready()) ?? { ready: false, checks: {} };
      return { ready: own.ready && its.ready, checks: { ...its.checks, ...own.checks } };
    };
    const server = await startOperationsServer({ ...operations, registries: [registry], ready });
    stops.push(() => server.close());
    logger.info({ operations_port: server.port }, 'starting');

    const onWait = (reason: string) => logger.info({ reason }, 'waiting for the database');
    if (database.migrateUrl)
      await migrateOwn(database.migrateUrl, database.url, { migrations, signal, onWait });
    await waitForSchema(pool, migrations, { signal, onWait });
    const { rpc, events } = bus;
    const running = await start({ config, rpc, events, clock: systemClock, logger, metrics: registry });
    service = running;
    stops.push(() => running.stop());
    logger.info('serving');
    return {
      async stop() {
        logger.info('draining');
        await stop();
        logger.info('stopped');
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface MigrateOwn {
  readonly migrations: MigrationSet;
  readonly signal: AbortSignal;
  readonly onWait: (reason: string) => void;
}

/** Brings the service's schema up to date as the owner, once PostgreSQL answers. */
async function migrateOwn(ownerUrl: string, serviceUrl: string, options: MigrateOwn): Promise<void> {
  const { migrations, signal, onWait } = options;
  const password = decodeURIComponent(new URL(serviceUrl).password);
  const passwords = password === '' ? {} : { [migrations.service]: password };
  for (let told = false; ; told = true) {
    signal.throwIfAborted();
    try {
      await migrate(ownerUrl, [migrations], { passwords });
      return;
    } catch (error) {
      // invalid_password, invalid_authorization_specification, insufficient_privilege
      if (['28P01', '28000', '42501'].includes(sqlState(error) ?? '')) {
        throw new StartError(
          `The schema cannot be migrated with STACKRUNNER_MIGRATE_DATABASE_URL: ${String(error)}`,
          { cause: error },
        );
      }
      if (!isUnavailable(error)) throw error;
      if (!told) onWait('The database does not answer.');
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function natsSettings(service: ServiceName, nats: NatsConfig, logger: Logger): NatsSettings {
  const { url, user, password, tlsCa: ca, tlsCert: cert, tlsKey: key } = nats;
  const tls = ca || cert || key ? { ca, cert, key } : undefined;
  return { url, service, user, password, tls, logger };
}

function assertThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new DomainError('service_unavailable', otherwise);
}
