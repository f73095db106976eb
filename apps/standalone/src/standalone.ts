import { billingMigrations } from '#apps/billing';
import { gatewayMigrations } from '#apps/gateway';
import { issuerMigrations } from '#apps/issuer';
import { provisionerMigrations } from '#apps/provisioner';
import { revocationMigrations } from '#apps/revocation';
import type { OperationsConfig, StandaloneConfig } from '#libs/config';
import { EmbeddedPostgres, migrate } from '#libs/database';
import {
  createLogger,
  type OperationsServer,
  startOperationsServer,
  startTracing,
} from '#libs/observability';
import type { Process } from '#libs/service';
import { openDataFolder } from './data-folder.js';
import { runDemo } from './demo/demo.js';
import { ProductClient } from './demo/product-client.js';
import { originOf, PortClaims } from './port-claims.js';
import { type Product, startProduct } from './product.js';
import { serviceConfigs } from './service-configs.js';
import { Steps } from './steps.js';

const migrations = [
  billingMigrations,
  provisionerMigrations,
  revocationMigrations,
  issuerMigrations,
  gatewayMigrations,
];

export interface StandaloneOptions {
  /** Ends after the demo. */
  readonly once: boolean;
  /** Stops a start that is under way. */
  readonly signal: AbortSignal;
}

/**
 * Starts everything on the embedded defaults and runs the demo.
 *
 * @throws StartError when the port is taken, the data folder cannot be written, or another process holds
 * the database
 */
export async function startStandalone(
  config: StandaloneConfig,
  options: StandaloneOptions,
): Promise<Process> {
  const steps = new Steps();
  const { host } = config;
  const claims = new PortClaims();
  const port = await claims.claim(host, config.port);
  const metricsPort = await claimMetricsPort(claims, config.operations);
  const origin = originOf(host, port);
  const statusPort = await claims.claimOrFree(config.statusHost, config.port === 0 ? 0 : config.statusPort);
  const folder = openDataFolder(config.dataDir, config.operatorToken);
  const stops: (() => Promise<void>)[] = [() => claims.release()];
  const stop = async () => {
    for (const undo of stops.splice(0).reverse()) await undo();
  };
  try {
    const postgres = await steps.run(
      'PostgreSQL',
      () => EmbeddedPostgres.start({ dataDir: folder.database, restart: true }),
      (server) => `port ${server.port}, data in ${folder.database}`,
    );
    stops.push(() => postgres.stop());
    options.signal.throwIfAborted();
    await steps.run(
      'migrations',
      () => migrate(postgres.ownerUrl(), migrations, { passwords: postgres.passwords }),
      ({ executed }) => (executed.length === 0 ? 'current' : `${executed.length} run`),
    );
    const configs = serviceConfigs({
      config: { ...config, port, statusPort },
      folder,
      databaseUrl: (service) => postgres.url(service),
      publicUrl: config.publicUrl ?? origin,
    });
    const { operations } = config;
    if (operations.otlpEndpoint) stops.push((await startTracing('standalone', operations.otlpEndpoint)).stop);
    const loggerOf = (service: string) => createLogger(service, operations.logLevel, process.stderr);
    await claims.release();
    const product = await steps.run(
      'services',
      () => startProduct(configs, options.once ? 1 : config.processes, loggerOf),
      ({ names }) => names.join(', '),
    );
    stops.push(() => product.stop());
    const metrics = await steps.run(
      'metrics',
      () => startMetrics(operations.host, metricsPort, product),
      (server) => `http://${operations.host}:${server.port}/metrics`,
    );
    stops.push(() => metrics.close());
    steps.note('CRL and OCSP', `${originOf(config.statusHost, statusPort)}/pki, and below the gateway`);
    options.signal.throwIfAborted();
    const client = new ProductClient(origin, folder.operatorToken);
    const farewell = await runDemo({ client, steps, folder: folder.demo, origin });
    console.log(['', `Serving at ${origin}`, ...farewell].join('\n'));
    if (!options.once) console.log('\nCtrl-C stops it.');
    return { done: options.once, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Its port, or a free one where that is taken: metrics are no reason not to serve. */
function claimMetricsPort(claims: PortClaims, { host, port }: OperationsConfig): Promise<number> {
  return claims.claimOrFree(host, port);
}

function startMetrics(host: string, port: number, { metrics, ready }: Product): Promise<OperationsServer> {
  return startOperationsServer({ host, port, registries: metrics, ready });
}
