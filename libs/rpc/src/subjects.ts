import type { DescMethod, DescService } from '@bufbuild/protobuf';

/** Every NATS subject of the product is made here (docs/grpc-over-nats.md). */
export const rpcPrefix = 'stackrunner.rpc';
export const eventPrefix = 'stackrunner.event';
export const eventStream = 'STACKRUNNER_EVENTS';

export function methodSubject(method: DescMethod): string {
  return `${rpcPrefix}.${method.parent.typeName}.${method.name}`;
}

/** All methods of a service, also those that a newer client knows and this server does not. */
export function serviceSubject(service: DescService): string {
  return `${rpcPrefix}.${service.typeName}.*`;
}

export function eventSubject(type: string): string {
  return `${eventPrefix}.${type}`;
}

/** A durable consumer's name: one per follower and event type; dots are not allowed in it. */
export function consumerName(durable: string, type: string): string {
  return `${durable}-${type.replaceAll('.', '-')}`;
}

/** Where NATS delivers a durable consumer's events; its replicas share it as one queue group. */
export function deliverySubject(durable: string, type: string): string {
  return `stackrunner.deliver.${durable}.${type}`;
}
