import { startBilling } from '#apps/billing';
import { startGateway } from '#apps/gateway';
import { startIssuer } from '#apps/issuer';
import { startProvisioner } from '#apps/provisioner';
import { startRevocation } from '#apps/revocation';
import { AuditService, BillingService, MeteringService, RevocationService } from '#libs/contracts';
import { createRegistry, type HealthReport, type Logger, type MetricsSource } from '#libs/observability';
import { createInProcessEventBus, createInProcessTransport } from '#libs/rpc';
import { type RunningService, type ServiceDeps, systemClock } from '#libs/service';
import { Replicas } from './replicas/replicas.js';
import type { ServiceConfigs } from './service-configs.js';

/** The five services of one process, and the replicas of three of them. */
export interface Product {
  readonly names: readonly string[];
  /** One a service, one of the process, and one of all replicas. */
  readonly metrics: readonly MetricsSource[];
  /** The checks of every service, by `<service>.<check>`. */
  ready(): Promise<HealthReport>;
  stop(): Promise<void>;
}

const replicaCalls = [AuditService, BillingService, MeteringService, RevocationService];

/**
 * Starts the five services in this process, the gateway last: what it accepts, the others can already serve.
 * They stop in the opposite order. A start that fails stops what it had started.
 *
 * @param processes how many accept connections and mint, with this one; the others join when they are up
 */
export async function startProduct(
  configs: ServiceConfigs,
  processes: number,
  loggerOf: (service: string) => Logger,
): Promise<Product> {
  const logger = loggerOf('standalone');
  const rpc = createInProcessTransport({ logger });
  const events = createInProcessEventBus({ logger, held: true });
  const registries: MetricsSource[] = [createRegistry('standalone', { process: true })];
  const deps = <C>(service: string, config: C): ServiceDeps<C> => {
    const metrics = createRegistry(service);
    registries.push(metrics);
    return { config, rpc, events, clock: systemClock, logger: loggerOf(service), metrics };
  };
  const starts: readonly (() => Promise<RunningService>)[] = [
    () => startBilling(deps('billing', configs.billing)),
    () => startProvisioner(deps('provisioner', configs.provisioner)),
    () => startRevocation(deps('revocation', configs.revocation)),
    () => startIssuer(deps('issuer', configs.issuer)),
  ];
  const running: RunningService[] = [];
  let replicas: Replicas | undefined;
  const stop = async () => {
    await replicas?.stop();
    for (const service of running.splice(0).reverse()) await service.stop();
    await events.close();
    await rpc.close();
  };
  try {
    for (const start of starts) running.push(await start());
    const gateway = await startGateway(deps('gateway', configs.gateway));
    running.push(gateway);
    events.release();
    const { gateway: gatewayConfig, issuer, provisioner } = configs;
    const { logLevel } = gatewayConfig.operations;
    replicas = new Replicas({
      count: processes - 1,
      ...{ rpc, events, services: replicaCalls, logger, listener: gateway.listener },
      // One process alone takes client certificates: its listener is its own.
      settings: { gateway: { ...gatewayConfig, mutualTls: {} }, issuer, provisioner, logLevel },
    });
    return {
      names: running.map(({ name }) => name),
      metrics: [...registries, replicas],
      ready: () => readiness(running),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readiness(services: readonly RunningService[]): Promise<HealthReport> {
  const reports = await Promise.all(services.map((service) => service.ready()));
  const checks = services.flatMap(({ name }, i) =>
    Object.entries(reports[i]?.checks ?? {}).map(
      ([check, outcome]) => [`${name}.${check}`, outcome] as const,
    ),
  );
  return { ready: reports.every(({ ready }) => ready), checks: Object.fromEntries(checks) };
}
