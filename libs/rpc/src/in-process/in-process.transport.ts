import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import { OutgoingCall } from '../outgoing-call.js';
import { fallbackLogger, type RpcLogger } from '../rpc-logger.js';
import { type Route, RpcServer } from '../rpc-server.js';
import {
  type CallContext,
  type CallOptions,
  type Client,
  makeClient,
  type RpcTransport,
} from '../rpc-transport.js';
import { methodSubject } from '../subjects.js';

/** Runs the handlers of several applications in one process, on the very message objects. */
export function createInProcessTransport(options: { logger?: RpcLogger } = {}): RpcTransport {
  return new InProcessTransport(options.logger ?? fallbackLogger());
}

interface Registration {
  readonly server: InProcessServer;
  readonly route: Route;
}

class InProcessTransport implements RpcTransport {
  readonly registrations = new Map<string, Registration[]>();
  #closed = false;

  constructor(readonly log: RpcLogger) {}

  client<S extends DescService>(service: S): Client<S> {
    return makeClient(service, (method, request, options) => this.#call(method, request, options));
  }

  server(): InProcessServer {
    return new InProcessServer(this);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #call(method: DescMethodUnary, request: object, options: CallOptions | undefined) {
    const message = create(method.input, request as MessageInitShape<DescMessage>);
    const call = new OutgoingCall(method, options);
    const registration = this.#find(methodSubject(method)) ?? (await this.#wait(method, call));
    call.delivered = true;
    return call.settle(registration.server.answer(registration.route, message, call.context));
  }

  /** Registrations take turns, as the members of a queue group do. */
  #find(subject: string): Registration | undefined {
    const list = this.registrations.get(subject);
    if (list === undefined || list.length < 2) return list?.[0];
    const first = list.shift();
    if (first !== undefined) list.push(first);
    return first;
  }

  /** A service that starts later, or again, loses no call: it was never delivered. */
  async #wait(method: DescMethodUnary, call: OutgoingCall): Promise<Registration> {
    const subject = methodSubject(method);
    while (!this.#closed && call.remainingMs > 0 && !call.aborted) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(10, call.remainingMs)));
      const found = this.#find(subject);
      if (found !== undefined) return found;
    }
    throw call.unavailable();
  }
}

class InProcessServer extends RpcServer {
  #routes: ReadonlyMap<string, Route> = new Map();

  constructor(private readonly transport: InProcessTransport) {
    super(transport.log);
  }

  answer(route: Route, message: MessageShape<DescMessage>, context: CallContext) {
    return this.track(this.run(route, message, context));
  }

  protected override async open(routes: ReadonlyMap<string, Route>): Promise<void> {
    this.#routes = routes;
    for (const [subject, route] of routes) {
      const list = this.transport.registrations.get(subject) ?? [];
      list.push({ server: this, route });
      this.transport.registrations.set(subject, list);
    }
  }

  protected override async refuseNew(): Promise<void> {
    for (const subject of this.#routes.keys()) {
      const left = this.transport.registrations.get(subject)?.filter((entry) => entry.server !== this) ?? [];
      this.transport.registrations.set(subject, left);
    }
  }

  protected override async release(): Promise<void> {}
}
