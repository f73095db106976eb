import type {
  DescMessage,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { CallContext } from './rpc-transport.js';
import { methodSubject } from './subjects.js';

/** A handler's failure as a value: Nest's exception filters would flatten it to one string. */
export class HandlerFailure {
  constructor(readonly error: unknown) {}
}

/** What a handler's registration carries beside its pattern. */
export interface RpcExtras {
  readonly rpcMethod: DescMethodUnary;
}

/**
 * Marks a class whose `@RpcMethod` handlers answer calls. A service's methods may be spread over
 * several controllers, a room each; a server that starts with one missing says so and stops.
 */
export function RpcController(service: DescService): ClassDecorator {
  return Controller({ path: service.typeName });
}

/** Answers one unary method, in-process and over NATS alike. What it throws reaches the caller. */
export function RpcMethod<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>) {
  type Handler = (request: MessageShape<I>, context: CallContext) => Promise<MessageInitShape<O>>;
  return <H extends Handler>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<H>,
  ): void => {
    const handler = descriptor.value;
    if (handler === undefined) throw new TypeError(`@RpcMethod on ${String(key)}: not a method`);
    const guarded = async function (this: unknown, request: MessageShape<I>, context: CallContext) {
      try {
        return await handler.call(this, request, context);
      } catch (error) {
        return new HandlerFailure(error);
      }
    };
    descriptor.value = guarded as unknown as H;
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    const extras: RpcExtras = { rpcMethod: method };
    MessagePattern(methodSubject(method), extras)(target, key, descriptor);
  };
}
