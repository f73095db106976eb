import { Server } from 'node:net';
import { startGateway } from '#apps/gateway';
import { startIssuer } from '#apps/issuer';
import { startProvisioner } from '#apps/provisioner';
import { IssuerService, ProvisionerService } from '#libs/contracts';
import { createLogger, createRegistry, metricsText, type Registry } from '#libs/observability';
import { createReplicaRuntime, type MainMessage, type ReplicaMessage } from '#libs/rpc';
import { type RunningService, type ServiceDeps, systemClock } from '#libs/service';
import type { FromReplica, ReplicaSettings, ToReplica } from './replicas/control.js';

/** A gateway, an issuer and a provisioner beside those of the main process, which starts this and says what to do. */
class ReplicaProcess {
  private readonly running: RunningService[] = [];
  private readonly registries: Registry[] = [];
  private takeRpc: (message: MainMessage) => void = () => undefined;
  private takeListener: (listener: Server) => void = () => undefined;

  take(message: ToReplica, handle: unknown): void {
    switch (message.kind) {
      case 'start':
        void this.start(message.settings);
        break;
      case 'listen':
        if (handle instanceof Server) this.takeListener(handle);
        break;
      case 'metrics':
        void metricsText(this.registries).then((text) => send({ kind: 'metrics', id: message.id, text }));
        break;
      case 'rpc':
        this.takeRpc(message.message);
        break;
      case 'stop':
        void this.stop();
        break;
    }
  }

  private async start({ number, gateway, issuer, provisioner, logLevel }: ReplicaSettings): Promise<void> {
    const loggerOf = (service: string) => createLogger(service, logLevel, process.stderr);
    const { rpc, events } = createReplicaRuntime({
      channel: {
        send: (message: ReplicaMessage) => send({ kind: 'rpc', message }),
        onMessage: (take) => {
          this.takeRpc = take;
        },
      },
      local: [IssuerService, ProvisionerService],
      logger: loggerOf('standalone'),
    });
    this.registries.push(createRegistry('standalone', { process: true, replica: number }));
    const deps = <C>(service: string, config: C): ServiceDeps<C> => {
      const metrics = createRegistry(service, { replica: number });
      this.registries.push(metrics);
      return { config, rpc, events, clock: systemClock, logger: loggerOf(service), metrics };
    };
    const listener = () =>
      new Promise<Server>((resolve) => {
        this.takeListener = resolve;
        send({ kind: 'started' });
      });
    this.running.push(await startProvisioner(deps('provisioner', provisioner)));
    this.running.push(await startIssuer(deps('issuer', issuer)));
    this.running.push(await startGateway({ ...deps('gateway', gateway), listener }));
    send({ kind: 'listening' });
  }

  private async stop(): Promise<void> {
    for (const service of this.running.splice(0).reverse()) await service.stop();
    process.exit(0);
  }
}

function send(message: FromReplica): void {
  if (process.connected) process.send?.(message);
}

const replica = new ReplicaProcess();
process.on('message', (message, handle) => replica.take(message as ToReplica, handle));
// A terminal sends its signals to all: the main process says when to stop, and its end is the end of this.
process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(1));
