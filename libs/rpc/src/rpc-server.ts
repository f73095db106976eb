import type { DescMessage } from '@bufbuild/protobuf';
import { create, type DescMethodUnary, type DescService, type MessageShape } from '@bufbuild/protobuf';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { DomainError } from '#libs/errors';
import { HandlerFailure, type RpcExtras } from './rpc-controller.decorator.js';
import type { RpcLogger } from './rpc-logger.js';
import { type CallContext, isUnary } from './rpc-transport.js';

export interface Route {
  readonly method: DescMethodUnary;
  readonly handler: MessageHandler;
}

/** Runs the handlers of one Nest application; a transport decides how calls reach it. */
export abstract class RpcServer extends Server implements CustomTransportStrategy {
  readonly #running = new Set<Promise<unknown>>();
  #draining = false;

  constructor(protected readonly log: RpcLogger) {
    super();
  }

  /** Registers or subscribes the routes; called once, when Nest starts listening. */
  protected abstract open(routes: ReadonlyMap<string, Route>): Promise<void>;
  /** Stops the arrival of new calls; calls that have arrived may still be delivered until it resolves. */
  protected abstract refuseNew(): Promise<void>;
  /** Everything is answered. */
  protected abstract release(): Promise<void>;

  override listen(callback: (error?: unknown) => unknown): void {
    this.#open().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /** Drains: takes no new calls, answers those in hand, then lets go. */
  override async close(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    await this.refuseNew();
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
    await this.release();
  }

  override on(): never {
    throw new TypeError('This server emits no events.');
  }

  override unwrap<T>(): T {
    return this as unknown as T;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Calls that are being answered now. */
  get inFlight(): number {
    return this.#running.size;
  }

  /** Answers one call; keeps the server from closing until then. */
  protected track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const done = () => this.#running.delete(work);
    work.then(done, done);
    return work;
  }

  /** @throws DomainError whatever the handler threw; an unexpected failure is logged and hidden. */
  protected async run(route: Route, request: MessageShape<DescMessage>, context: CallContext) {
    try {
      const answer: unknown = await route.handler(request, context as never);
      const value = isObservable(answer) ? await lastValueFrom(answer) : answer;
      if (value instanceof HandlerFailure) throw value.error;
      return create(route.method.output, value as MessageShape<DescMessage>);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      this.log.error(
        { err: error, method: route.method.name, requestId: context.requestId },
        'rpc handler failed',
      );
      throw new DomainError('internal', 'Something went wrong on our side.');
    }
  }

  async #open(): Promise<void> {
    const routes = new Map<string, Route>();
    const services = new Set<DescService>();
    for (const [subject, handler] of this.messageHandlers) {
      const extras = handler.extras as Partial<RpcExtras> | undefined;
      if (extras?.rpcMethod === undefined) continue;
      routes.set(subject, { method: extras.rpcMethod, handler });
      services.add(extras.rpcMethod.parent);
    }
    for (const service of services) assertComplete(service, routes);
    await this.open(routes);
  }
}

/** A service that is served is served whole: a caller cannot tell a forgotten method from an outage. */
function assertComplete(service: DescService, routes: ReadonlyMap<string, Route>): void {
  const served = new Set(
    [...routes.values()].map((route) => route.method.name + route.method.parent.typeName),
  );
  const missing = service.methods.filter(
    (method) => isUnary(method) && !served.has(method.name + service.typeName),
  );
  if (missing.length === 0) return;
  throw new TypeError(
    `No @RpcMethod answers ${missing.map((m) => `${service.typeName}.${m.name}`).join(', ')}`,
  );
}
