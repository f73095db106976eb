export type { EventBus, EventDescriptor, EventHandler, SubscribeOptions, Subscription } from './event-bus.js';
export { events } from './events.js';
export { followEverywhere } from './follow-everywhere.js';
export { createInProcessEventBus, type InProcessEventBus } from './in-process/in-process.event-bus.js';
export { createInProcessTransport } from './in-process/in-process.transport.js';
export { connectNats } from './nats/connect-nats.js';
export type { NatsRuntime } from './nats/nats.runtime.js';
export {
  type NatsClientAccess,
  type NatsServerSettings,
  natsServerConfig,
} from './nats/nats-server-config.js';
export type { NatsSettings, NatsTlsFiles } from './nats/nats-settings.js';
export { type NatsUser, natsUsers } from './nats/topology.js';
export type { Channel, MainMessage, ReplicaMessage } from './replica/channel.js';
export { createReplicaRuntime, type ReplicaRuntime } from './replica/replica.runtime.js';
export { serveReplica } from './replica/serve-replica.js';
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
