import type { DescService } from '@bufbuild/protobuf';
import type { EventBus } from '../event-bus.js';
import { fallbackLogger } from '../rpc-logger.js';
import type { Client, RpcTransport } from '../rpc-transport.js';
import { NatsEventBus } from './nats.event-bus.js';
import { NatsLink } from './nats-link.js';
import { NatsRpcClient } from './nats-rpc.client.js';
import { NatsRpcServer } from './nats-rpc.server.js';
import type { NatsSettings } from './nats-settings.js';

/** Calls and events of one process over one connection to NATS. */
export class NatsRuntime {
  readonly rpc: RpcTransport;
  readonly events: EventBus;
  readonly #link: NatsLink;

  constructor(settings: NatsSettings) {
    this.#link = new NatsLink(settings, settings.logger ?? fallbackLogger());
    this.rpc = new NatsTransport(this.#link);
    this.events = new NatsEventBus(this.#link);
  }

  /** Whether NATS can be reached now; part of a service's readiness. */
  connected(): boolean {
    return this.#link.connected;
  }

  /** Ends subscriptions and the connection. Close the applications that serve calls first. */
  async close(): Promise<void> {
    await this.events.close();
    await this.rpc.close();
    await this.#link.close();
  }
}

class NatsTransport implements RpcTransport {
  readonly #client: NatsRpcClient;

  constructor(private readonly link: NatsLink) {
    this.#client = new NatsRpcClient(link);
  }

  client<S extends DescService>(service: S): Client<S> {
    return this.#client.client(service);
  }

  server(): NatsRpcServer {
    return new NatsRpcServer(this.link);
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}
