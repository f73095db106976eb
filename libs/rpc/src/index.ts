export type { EventBus, EventDescriptor, EventHandler, SubscribeOptions, Subscription } from './event-bus.js';
export { events } from './events.js';
export { createInProcessEventBus, type InProcessEventBus } from './in-process/in-process.event-bus.js';
export { createInProcessTransport } from './in-process/in-process.transport.js';
export { RpcController, RpcMethod } from './rpc-controller.decorator.js';
export type { RpcLogger } from './rpc-logger.js';
export type { RpcServer } from './rpc-server.js';
export {
  type CallContext,
  type CallOptions,
  type Client,
  callFrom,
  type Implementation,
  type RpcTransport,
} from './rpc-transport.js';
