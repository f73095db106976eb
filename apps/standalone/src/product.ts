import { startBilling } from '#apps/billing';
import { startGateway } from '#apps/gateway';
import { startIssuer } from '#apps/issuer';
import { startProvisioner } from '#apps/provisioner';
import { startRevocation } from '#apps/revocation';
import { createRegistry, type HealthReport, type Logger, type Registry } from '#libs/observability';
import { createInProcessEventBus, createInProcessTransport } from '#libs/rpc';
import { type RunningService, type ServiceDeps, systemClock } from '#libs/service';
import type { ServiceConfigs } from './service-configs.js';

/** The five services of one process. */
export interface Product {
  readonly names: readonly string[];
  /** One a service, and one of the process. */
  readonly registries: readonly Registry[];
  /** The checks of every service, by `<service>.<check>`. */
  ready(): Promise<HealthReport>;
  stop(): Promise<void>;
}

/**
 * Starts the five services in this process, the gateway last: what it accepts, the others can already serve.
 * They stop in the opposite order. A start that fails stops what it had started.
 */
export async function startProduct(
  configs: ServiceConfigs,
  loggerOf: (service: string) => Logger,
): Promise<Product> {
  const logger = loggerOf('standalone');
  const rpc = createInProcessTransport({ logger });
  const events = createInProcessEventBus({ logger, held: true });
  const registries: Registry[] = [createRegistry('standalone', { process: true })];
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
    () => startGateway(deps('gateway', configs.gateway)),
  ];
  const running: RunningService[] = [];
  const stop = async () => {
    for (const service of running.splice(0).reverse()) await service.stop();
    await events.close();
    await rpc.close();
  };
  try {
    for (const start of starts) running.push(await start());
    events.release();
  } catch (error) {
    await stop();
    throw error;
  }
  return { names: running.map(({ name }) => name), registries, ready: () => readiness(running), stop };
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
