import type { Message } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';

/** One kind of event: what is in it, and its name on the wire and in the outbox. */
export interface EventDescriptor<M extends Message = Message> {
  /** For example `ca.activated`. */
  readonly type: string;
  readonly schema: GenMessage<M>;
}

export interface SubscribeOptions {
  /**
   * Every replica gets every event from now on, at least once while the process lives; nothing is
   * kept for one that is not running. For caches. Default: replicas share a durable subscription.
   */
  readonly everyReplica?: boolean;
  /** Events that one replica handles at the same time; default 16. */
  readonly concurrency?: number;
}

export interface Subscription {
  /** Takes no new events, and resolves when those in hand are handled. */
  close(): Promise<void>;
}

/** The id lets a handler recognise an event that is delivered again. */
export type EventHandler<M extends Message> = (message: M, id: string) => Promise<void>;

/**
 * Events between services: delivered at least once and in no particular order, so that handlers are
 * idempotent and keep the highest version. A handler that throws sees the event again, later.
 */
export interface EventBus {
  /**
   * Resolves when the event is durable and its followers will get it.
   *
   * @param type of a descriptor, as the outbox stored it
   * @param id unique to the event: the same id again is the same event
   * @throws DomainError service_unavailable when it is not certain that the event was taken
   */
  publish(type: string, payload: Uint8Array, id: string): Promise<void>;
  /** @param durable the follower's service name: replicas with the same name share the events */
  subscribe<M extends Message>(
    event: EventDescriptor<M>,
    durable: string,
    handler: EventHandler<M>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  close(): Promise<void>;
}
