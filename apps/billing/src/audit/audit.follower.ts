import { type EventBus, events, type Subscription } from '#libs/rpc';
import type { Clock } from '#libs/service';
import type { AuditWriter } from './audit.writer.js';
import { auditedEntry, authorityEntry, issuedEntries, revokedEntries } from './audit-entry.js';

const durable = 'billing';
/** Events in hand at once: they share transactions, so more of them cost less each. */
const concurrency = 128;

/** Writes down what the services tell; an event that comes again changes nothing. */
export function followForAudit(bus: EventBus, writer: AuditWriter, clock: Clock): Promise<Subscription[]> {
  return Promise.all([
    bus.subscribe(
      events.issued,
      durable,
      (issued, eventId) => writer.write({ eventId, entries: issuedEntries(issued) }),
      { concurrency },
    ),
    bus.subscribe(
      events.audited,
      durable,
      (audited, eventId) => writer.write({ eventId, entries: [auditedEntry(audited)] }),
      { concurrency },
    ),
    bus.subscribe(events.revoked, durable, (revoked, eventId) =>
      writer.write({ eventId, entries: revokedEntries(revoked) }),
    ),
    bus.subscribe(events.caActivated, durable, async ({ authority }, eventId) => {
      if (authority === undefined) return;
      const { customerId, caId, handle } = authority;
      const entry = authorityEntry('caActivated', { customerId, caId, handle, at: clock.now() });
      await writer.write({ eventId, entries: [entry] });
    }),
    bus.subscribe(events.caRetired, durable, async ({ caId, customerId }, eventId) => {
      const entry = authorityEntry('caRetired', { customerId, caId, handle: '', at: clock.now() });
      await writer.write({ eventId, entries: [entry] });
    }),
  ]);
}
