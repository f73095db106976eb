import type {
  DescMethod,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import type { RpcServer } from './rpc-server.js';

/** What a caller may say about one call. */
export interface CallOptions {
  /** Milliseconds from now until the caller gives up; default 5000, at most an hour. */
  readonly timeoutMs?: number;
  /** Sent along as headers. Names are lower-case; `x-request-id` names the request in logs. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What a handler knows about the call that it answers. */
export interface CallContext {
  /** Unix milliseconds. Work that is not begun by then is not begun at all. */
  readonly deadline: number;
  /** The caller's metadata, names in lower case. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly requestId: string;
}

/** A service as its callers see it: one method per unary RPC. */
export type Client<S extends DescService> = {
  readonly [M in keyof S['method']]: S['method'][M] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : never;
};

/** A service as its server writes it; a fake in a test implements the same. */
export type Implementation<S extends DescService> = {
  readonly [M in keyof S['method']]: S['method'][M] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, context: CallContext) => Promise<MessageInitShape<O>>
    : never;
};

/** Carries calls between services. Handlers and callers are the same over every transport. */
export interface RpcTransport {
  /**
   * A client may be created before anything serves the service: calls wait for a server until
   * their deadline, then fail with `service_unavailable`.
   */
  client<S extends DescService>(service: S): Client<S>;
  /** A new Nest strategy for one application; it serves that application's `@RpcController` classes. */
  server(): RpcServer;
  /** Ends the transport. Servers are closed before, by the applications that own them. */
  close(): Promise<void>;
}

export const defaultTimeoutMs = 5000;
/** More than a timer can wait would be no time at all; an hour is more than any call takes. */
export const longestTimeoutMs = 3_600_000;

/** Options for a call made on behalf of another: the same request id, and what is left of its time. */
export function callFrom(context: CallContext): CallOptions {
  return {
    timeoutMs: Math.max(1, context.deadline - Date.now()),
    metadata: { 'x-request-id': context.requestId },
  };
}

/** Makes a client out of one function that performs any unary method. */
export function makeClient<S extends DescService>(
  service: S,
  call: (method: DescMethodUnary, request: object, options: CallOptions | undefined) => Promise<object>,
): Client<S> {
  const client: Record<string, unknown> = {};
  for (const method of service.methods) {
    if (!isUnary(method)) continue;
    client[method.localName] = (request: object, options?: CallOptions) => call(method, request, options);
  }
  return Object.freeze(client) as Client<S>;
}

export function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === 'unary';
}
