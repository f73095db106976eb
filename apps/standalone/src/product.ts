import { startBilling } from '#apps/billing';
import { startGateway } from '#apps/gateway';
import { startIssuer } from '#apps/issuer';
import { startProvisioner } from '#apps/provisioner';
import { startRevocation } from '#apps/revocation';
import { createRegistry, type Logger } from '#libs/observability';
import { createInProcessEventBus, createInProcessTransport } from '#libs/rpc';
import { type RunningService, type ServiceDeps, systemClock } from '#libs/service';
import type { ServiceConfigs } from './service-configs.js';

/**
 * Starts the five services in this process, the gateway last: what it accepts, the others can already serve.
 * They stop in the opposite order. A start that fails stops what it had started.
 */
export async function startProduct(configs: ServiceConfigs, logger: Logger): Promise<Product> {
  const rpc = createInProcessTransport({ logger });
  const events = createInProcessEventBus({ logger, held: true });
  const deps = <C>(service: string, config: C): ServiceDeps<C> => ({
    config,
    rpc,
    events,
    clock: systemClock,
    logger: logger.child({ service }),
    metrics: createRegistry(service),
  });
  const starts: readonly (() => Promise<RunningService>)[] = [
    () => startBilling(deps('billing', configs.billing)),
    () => startProvisioner(deps('provisioner', configs.provisioner)),
    () => startRevocation(deps('revocation', configs.revocation)),
    () => startIssuer(deps('issuer', configs.issuer)),
    () => startGateway(deps('gateway', configs.gateway)),
  ];
  const running: RunningService[] = [];
  const stop = async () => {
    for (const service of running.reverse()) await service.stop();
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
  return { services: running, stop };
}

export interface Product {
  readonly services: readonly RunningService[];
  stop(): Promise<void>;
}
