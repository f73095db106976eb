import { type EventBus, events, type Subscription } from '#libs/rpc';
import type { IssuedSerialWriter } from './issued-serial.writer.js';

/** Events in hand at once: they share inserts, so more of them cost less each. */
const concurrency = 128;

/** Records what the issuer issues; an event that comes again changes nothing. */
export function followIssued(bus: EventBus, writer: IssuedSerialWriter): Promise<Subscription> {
  return bus.subscribe(events.issued, 'revocation', (issued) => writer.record(issued), { concurrency });
}
