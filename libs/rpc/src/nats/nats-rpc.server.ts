import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import { DomainError } from '#libs/errors';
import { requestIdHeader } from '../outgoing-call.js';
import { type Route, RpcServer } from '../rpc-server.js';
import { type CallContext, defaultTimeoutMs, longestTimeoutMs } from '../rpc-transport.js';
import { serviceSubject } from '../subjects.js';
import { asServer } from '../tracing.js';
import { errorHeaders, statusHeader } from '../wire/error-status.js';
import { parseTimeout } from '../wire/grpc-timeout.js';
import { headerAllowance, metadataOf, readHeaders, timeoutHeader } from '../wire/headers.js';
import { DiscoverableService } from './discovery.js';
import type { LinkObserver, NatsLink } from './nats-link.js';
import { deliverReply, sendReply } from './reply-delivery.js';

/** Calls in hand at which further ones are told `overloaded` instead of waiting in memory. */
const maxInFlight = 2048;

/** After a connection was lost, callers may come back to their inboxes later than we do. */
const settlingMs = 5000;

/** Answers calls over NATS; replicas of one service share its calls as one queue group. */
export class NatsRpcServer extends RpcServer implements LinkObserver {
  #routes: ReadonlyMap<string, Route> = new Map();
  #services: readonly DiscoverableService[] = [];
  #subscriptions: Subscription[] = [];

  constructor(private readonly link: NatsLink) {
    super(link.log);
  }

  attached(connection: NatsConnection): void {
    this.#subscriptions = this.#services.flatMap((service) => [
      connection.subscribe(serviceSubject(service.descriptor), {
        queue: service.queueGroup,
        callback: (error, message) => this.#arrive(error, message, service),
      }),
      ...service.announce(connection),
    ]);
  }

  protected override async open(routes: ReadonlyMap<string, Route>): Promise<void> {
    this.#routes = routes;
    const descriptors = new Set([...routes.values()].map((route) => route.method.parent));
    this.#services = [...descriptors].map((descriptor) => new DiscoverableService(descriptor));
    this.link.observe(this);
  }

  /** NATS sends what it had routed here before it answers the flush of an ended subscription. */
  protected override async refuseNew(): Promise<void> {
    this.link.forget(this);
    await Promise.allSettled(this.#subscriptions.map((subscription) => subscription.drain()));
  }

  protected override async release(): Promise<void> {
    await this.link.current?.flush().catch(() => undefined);
  }

  #arrive(error: Error | null, message: Msg, service: DiscoverableService): void {
    if (error !== null) {
      this.log.error({ err: error, service: service.name }, 'NATS ended the subscription of a service');
      return;
    }
    void this.track(this.#answer(message, service)).catch((failure: unknown) =>
      this.log.error({ err: failure, subject: message.subject }, 'an rpc reply was not sent'),
    );
  }

  async #answer(message: Msg, service: DiscoverableService): Promise<void> {
    const arrived = performance.now();
    const head = readHeaders(message.headers);
    const timeout = parseTimeout(head.get(timeoutHeader)) ?? defaultTimeoutMs;
    const deadline = Date.now() + Math.min(timeout, longestTimeoutMs);
    const route = this.#routes.get(message.subject);
    try {
      if (this.inFlight > maxInFlight) throw new DomainError('overloaded', 'Too many calls at once.');
      if (route === undefined) throw new UnknownMethod(message.subject);
      const body = await this.#perform(route, message.data, head, deadline);
      service.count(route.method, performance.now() - arrived);
      await this.#reply(message, body, okHeaders, deadline);
    } catch (error) {
      const refusal = DomainError.from(error);
      if (route !== undefined) service.count(route.method, performance.now() - arrived, refusal);
      const described = headersOf(error instanceof UnknownMethod ? error.headers() : errorHeaders(refusal));
      await this.#reply(message, new Uint8Array(), described, deadline);
    }
  }

  async #perform(route: Route, data: Uint8Array, head: Map<string, string>, deadline: number) {
    const request = decode(route, data);
    const requestId = head.get(requestIdHeader) ?? globalThis.crypto.randomUUID();
    return asServer(route.method, head, async () => {
      const context: CallContext = { deadline, metadata: metadataOf(head), requestId };
      if (Date.now() >= deadline) throw new DomainError('deadline_exceeded', 'The call came too late.');
      return toBinary(route.method.output, await this.run(route, request, context));
    });
  }

  async #reply(message: Msg, body: Uint8Array, head: MsgHdrs, deadline: number): Promise<void> {
    if (message.reply === undefined || message.reply === '') return;
    const connection = this.link.current ?? (await this.link.up(deadline));
    const reply = { to: message.reply, body, head };
    if (body.length + headerAllowance > (connection.info?.max_payload ?? Number.POSITIVE_INFINITY)) {
      this.log.error({ subject: message.subject, size: body.length }, 'an rpc reply is over max_payload');
      const refusal = new DomainError('internal', 'The answer is too large to be carried.');
      Object.assign(reply, { body: new Uint8Array(), head: headersOf(errorHeaders(refusal)) });
    }
    if (Date.now() - this.link.backSince > settlingMs) sendReply(connection, reply);
    else await deliverReply(this.link, reply, deadline);
  }
}

/** A method that a newer client knows: gRPC's UNIMPLEMENTED, which no domain error stands for. */
class UnknownMethod extends Error {
  constructor(private readonly subject: string) {
    super(`No such method: ${subject}`);
  }

  headers(): Record<string, string> {
    return { [statusHeader]: '12', 'grpc-message': `No such method: ${this.subject}` };
  }
}

function decode(route: Route, data: Uint8Array) {
  try {
    return fromBinary(route.method.input, data);
  } catch (cause) {
    throw new DomainError('bad_request', `The body is not a ${route.method.input.typeName}.`, { cause });
  }
}

const okHeaders = headersOf({ [statusHeader]: '0' });

function headersOf(values: Record<string, string>): MsgHdrs {
  const head = headers();
  for (const [name, value] of Object.entries(values)) head.append(name, value);
  return head;
}
