import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { consumerName, deliverySubject, eventPrefix, eventStream, eventSubject } from '../subjects.js';

const minuteMs = 60_000;
/** How long an event waits for a follower that is away. */
const maxAgeMs = 7 * 24 * 60 * minuteMs;
/** Within this time a second publication of the same id is recognised. */
const dedupeWindowMs = 10 * minuteMs;
/** A follower that neither acknowledges nor says that it works loses the event to another replica. */
export const ackWaitMs = 30_000;
/** Events that a follower's replicas hold unacknowledged, all together. */
const maxAckPending = 512;

const streamConfig = {
  name: eventStream,
  subjects: [`${eventPrefix}.>`],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: nanos(maxAgeMs),
  duplicate_window: nanos(dedupeWindowMs),
};

/** The codes of the JetStream API for "it exists, and differs". */
const streamNameInUse = 10058;
const consumerExists = [10012, 10148];

/** Makes the stream what it should be. Every service does so: whichever starts first creates it. */
export async function ensureStream(connection: NatsConnection): Promise<JetStreamManager> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 5000 });
  try {
    await manager.streams.add(streamConfig);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNameInUse) throw error;
    await manager.streams.update(eventStream, streamConfig);
  }
  return manager;
}

/** A durable consumer that NATS pushes to the follower's queue group; from the oldest kept event on. */
export async function ensureConsumer(
  connection: NatsConnection,
  durable: string,
  type: string,
): Promise<void> {
  const manager = await ensureStream(connection);
  const name = consumerName(durable, type);
  const config: Partial<ConsumerConfig> = {
    name,
    durable_name: name,
    filter_subject: eventSubject(type),
    deliver_subject: deliverySubject(durable, type),
    deliver_group: durable,
    deliver_policy: DeliverPolicy.All,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: maxAckPending,
  };
  try {
    await manager.consumers.add(eventStream, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || !consumerExists.includes(error.code)) throw error;
    await manager.consumers.update(eventStream, name, config);
  }
}

/** Pushes what was published since a time to an inbox, once. Returns how many events that is. */
export async function replaySince(
  connection: NatsConnection,
  replay: { name: string; type: string; inbox: string; since: number },
): Promise<number> {
  const manager = await ensureStream(connection);
  const info = await manager.consumers.add(eventStream, {
    name: replay.name,
    filter_subject: eventSubject(replay.type),
    deliver_subject: replay.inbox,
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: new Date(replay.since).toISOString(),
    ack_policy: AckPolicy.None,
    inactive_threshold: nanos(minuteMs),
    mem_storage: true,
  });
  return info.num_pending + info.delivered.consumer_seq;
}
