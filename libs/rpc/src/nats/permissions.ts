import type { DescService } from '@bufbuild/protobuf';
import { events } from '../events.js';
import { consumerName, deliverySubject, eventStream, eventSubject, serviceSubject } from '../subjects.js';
import { natsUsers, type Role } from './topology.js';

/** Subjects that a NATS user may publish to and subscribe to. */
export interface Permissions {
  readonly publish: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] };
}

const eventTypes = Object.values(events).map((event) => event.type);
const createConsumer = `$JS.API.CONSUMER.CREATE.${eventStream}`;

/** Everything that a service of the product needs, and nothing of another's. */
export function servicePermissions(user: string, role: Role): Permissions {
  const others = natsUsers.filter((name) => name !== user);
  const consumers = eventTypes.map((type) => consumerName(user, type));
  return {
    publish: {
      allow: [
        ...role.calls.map(serviceSubject),
        // Callers of any name; their inboxes cannot be guessed, and only they can read them.
        '_INBOX.>',
        ...role.publishes.map(eventSubject),
        ...['CREATE', 'UPDATE', 'INFO'].map((verb) => `$JS.API.STREAM.${verb}.${eventStream}`),
        // A replica that catches up makes a consumer of any name, for one event's subject.
        ...eventTypes.map((type) => `${createConsumer}.*.${eventSubject(type)}`),
        ...consumers.map((name) => `$JS.ACK.${eventStream}.${name}.>`),
      ],
      deny: others.flatMap((other) =>
        eventTypes.map((type) => `${createConsumer}.${consumerName(other, type)}.>`),
      ),
    },
    subscribe: {
      allow: [
        `_INBOX.${user}.>`,
        ...role.serves.map((service) => `${serviceSubject(service)} ${service.typeName}`),
        ...role.serves.flatMap(discoverySubjects),
        ...eventTypes.map((type) => `${deliverySubject(user, type)} ${user}`),
        ...eventTypes.map(eventSubject),
      ],
    },
  };
}

/** A program of somebody else's that calls some services and does nothing more. */
export function clientPermissions(user: string, calls: readonly DescService[]): Permissions {
  return {
    publish: { allow: calls.map(serviceSubject), deny: [] },
    subscribe: { allow: [`_INBOX.${user}.>`] },
  };
}

function discoverySubjects(service: DescService): string[] {
  return ['PING', 'INFO', 'STATS'].flatMap((verb) => [
    `$SRV.${verb}`,
    `$SRV.${verb}.${service.name}`,
    `$SRV.${verb}.${service.name}.*`,
  ]);
}
