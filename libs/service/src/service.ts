import type { HealthReport, Logger, Registry } from '#libs/observability';
import type { EventBus, RpcTransport } from '#libs/rpc';
import type { Clock } from './clock.js';

/** What a service is given: the same module runs in its own process and within standalone. */
export interface ServiceDeps<C> {
  readonly config: C;
  readonly rpc: RpcTransport;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/** A service that serves. */
export interface RunningService {
  readonly name: string;
  ready(): Promise<HealthReport>;
  /** Finishes what was accepted and refuses what is new; then lets go of everything it opened. */
  stop(): Promise<void>;
}
