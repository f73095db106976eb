import { type Msg, type MsgHdrs, type NatsConnection, nuid } from '@nats-io/transport-node';
import type { NatsLink } from './nats-link.js';

export interface Reply {
  readonly to: string;
  readonly body: Uint8Array;
  readonly head: MsgHdrs;
}

const retryMs = 100;

export function sendReply(connection: NatsConnection, reply: Reply): void {
  connection.publish(reply.to, reply.body, { headers: reply.head });
}

/**
 * Sends a reply until its caller is there to take it, at most until the deadline (Unix ms). NATS
 * says "no responders" to a message without subscriber when that message names a reply subject,
 * and says so before it answers the flush that follows.
 */
export async function deliverReply(link: NatsLink, reply: Reply, deadline: number): Promise<void> {
  for (;;) {
    const connection = link.current ?? (await link.up(deadline));
    if ((await wasTaken(connection, link.inbox, reply)) || Date.now() >= deadline) return;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

async function wasTaken(connection: NatsConnection, inbox: string, reply: Reply): Promise<boolean> {
  const probe = `${inbox}.${nuid.next()}`;
  let missed = false;
  const subscription = connection.subscribe(probe, {
    callback: (_error, message: Msg) => {
      missed ||= message.headers?.code === 503;
    },
  });
  try {
    connection.publish(reply.to, reply.body, { headers: reply.head, reply: probe });
    await connection.flush();
    return !missed;
  } catch {
    // The connection was lost again before NATS confirmed: the caller gets the reply once more.
    return false;
  } finally {
    if (!subscription.isClosed()) subscription.unsubscribe();
  }
}
