import type { Msg } from '@nats-io/transport-node';

/**
 * One event in a follower's hand: acknowledged, postponed or given up by a message to its reply
 * subject (NATS JetStream, acknowledgement protocol).
 */
export class EventDelivery {
  /** How often NATS has delivered the event, from 1. */
  readonly attempt: number;

  constructor(private readonly message: Msg) {
    // $JS.ACK.<stream>.<consumer>.<delivered>.…, or with a domain and an account hash before the stream.
    const tokens = (message.reply ?? '').split('.');
    this.attempt = Number(tokens[tokens.length < 11 ? 4 : 6]) || 1;
  }

  get data(): Uint8Array {
    return this.message.data;
  }

  done(): void {
    this.message.respond('+ACK');
  }

  /** Not to be given to another replica yet. */
  working(): void {
    this.message.respond('+WPI');
  }

  again(afterMs: number): void {
    this.message.respond(`-NAK ${JSON.stringify({ delay: afterMs * 1_000_000 })}`);
  }

  giveUp(): void {
    this.message.respond('+TERM');
  }
}
