import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import {
  headers,
  type Msg,
  type NatsConnection,
  nuid,
  PermissionViolationError,
} from '@nats-io/transport-node';
import { DomainError } from '#libs/errors';
import { OutgoingCall, requestIdHeader } from '../outgoing-call.js';
import { type CallOptions, type Client, makeClient } from '../rpc-transport.js';
import { methodSubject } from '../subjects.js';
import { asClient, traceHeaders } from '../tracing.js';
import { errorOf } from '../wire/error-status.js';
import { formatTimeout } from '../wire/grpc-timeout.js';
import {
  contentType,
  contentTypeHeader,
  headerAllowance,
  readHeaders,
  timeoutHeader,
} from '../wire/headers.js';
import type { LinkObserver, NatsLink } from './nats-link.js';

/** Waits before a call that nobody was there to take is sent again, in milliseconds; the last repeats. */
const noResponderDelaysMs = [5, 10, 20, 40, 80, 160];

interface PendingReply {
  readonly subject: string;
  /** Set for methods without side effects, which may be sent again when the connection was lost. */
  readonly resend: ((connection: NatsConnection) => void) | undefined;
  resolve(reply: Msg): void;
  reject(error: Error): void;
}

/** Calls services over NATS request and reply, on one inbox for all calls. */
export class NatsRpcClient implements LinkObserver {
  readonly #inbox: string;
  readonly #pending = new Map<string, PendingReply>();
  #count = 0;

  constructor(private readonly link: NatsLink) {
    this.#inbox = `${link.inbox}.${nuid.next()}.`;
    link.observe(this);
  }

  client<S extends DescService>(service: S): Client<S> {
    return makeClient(service, (method, request, options) =>
      asClient(method, () => this.#call(method, request, options)),
    );
  }

  attached(connection: NatsConnection): void {
    connection.subscribe(`${this.#inbox}*`, {
      callback: (error, reply) => {
        if (error === null) this.#receive(reply);
      },
    });
  }

  reconnected(connection: NatsConnection): void {
    for (const pending of this.#pending.values()) pending.resend?.(connection);
  }

  refused(error: Error): void {
    if (!(error instanceof PermissionViolationError)) return;
    for (const pending of this.#pending.values()) {
      if (pending.subject !== error.subject) continue;
      pending.reject(new DomainError('internal', 'NATS does not permit this service to make the call.'));
    }
  }

  close(): void {
    for (const pending of this.#pending.values())
      pending.reject(new DomainError('service_unavailable', 'The connection to NATS was closed.'));
  }

  async #call(method: DescMethodUnary, init: object, options: CallOptions | undefined) {
    const request = create(method.input, init as MessageInitShape<DescMessage>);
    const body = toBinary(method.input, request);
    const call = new OutgoingCall(method, options);
    const reply = await call.settle(this.#deliver(method, body, call));
    return readReply(method, reply);
  }

  /** Sends until somebody takes it: a call that met no responders was delivered to nobody. */
  async #deliver(method: DescMethodUnary, body: Uint8Array, call: OutgoingCall): Promise<Msg> {
    const { deadline } = call.context;
    for (let attempt = 0; ; attempt += 1) {
      const connection = this.link.current ?? (await this.link.up(deadline));
      const reply = await this.#request(connection, method, body, call);
      if (reply.data.length > 0 || reply.headers?.code !== 503) return reply;
      const wait = noResponderDelaysMs[Math.min(attempt, noResponderDelaysMs.length - 1)] ?? 0;
      call.delivered = false;
      if (call.aborted || call.remainingMs <= wait) throw call.unavailable();
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #request(connection: NatsConnection, method: DescMethodUnary, body: Uint8Array, call: OutgoingCall) {
    const subject = methodSubject(method);
    this.#count += 1;
    const token = this.#count.toString(36);
    const reply = this.#inbox + token;
    const send = (on: NatsConnection) => on.publish(subject, body, { reply, headers: requestHeaders(call) });
    const answered = new Promise<Msg>((resolve, reject) => {
      const resend = isSafe(method) ? send : undefined;
      this.#pending.set(token, { subject, resend, resolve, reject });
    });
    call.onGiveUp = () => this.#pending.get(token)?.reject(call.unavailable());
    try {
      assertFits(connection, body);
      call.delivered = true;
      send(connection);
      return await answered;
    } finally {
      this.#pending.delete(token);
    }
  }

  #receive(reply: Msg): void {
    this.#pending.get(reply.subject.slice(this.#inbox.length))?.resolve(reply);
  }
}

function requestHeaders(call: OutgoingCall) {
  const head = headers();
  for (const [name, value] of call.context.metadata) head.append(name, value);
  if (!call.context.metadata.has(requestIdHeader)) head.append(requestIdHeader, call.context.requestId);
  for (const [name, value] of Object.entries(traceHeaders())) head.append(name, value);
  head.append(contentTypeHeader, contentType);
  head.append(timeoutHeader, formatTimeout(call.remainingMs));
  return head;
}

function assertFits(connection: NatsConnection, body: Uint8Array): void {
  const limit = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
  if (body.length + headerAllowance <= limit) return;
  throw new DomainError(
    'body_too_large',
    `The call is ${body.length} bytes long; NATS carries at most ${limit - headerAllowance} (max_payload).`,
    { details: { size: body.length, limit: limit - headerAllowance } },
  );
}

function readReply(method: DescMethodUnary, reply: Msg): MessageShape<DescMessage> {
  const head = readHeaders(reply.headers);
  const error = errorOf((name) => head.get(name));
  if (error !== undefined) throw error;
  try {
    return fromBinary(method.output, reply.data);
  } catch (cause) {
    throw new DomainError('internal', `${method.parent.name} answered with no ${method.output.typeName}.`, {
      cause,
    });
  }
}

function isSafe(method: DescMethodUnary): boolean {
  return method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}
