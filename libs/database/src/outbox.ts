import { create, type Message, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import type { EntityManager } from 'typeorm';
import type { ServiceName } from '#libs/config';
import type { EventDescriptor } from '#libs/rpc';
import { serviceRole } from './settings.js';

/**
 * SQL for a migration: the table in which a service's events wait until they are published. A row is
 * written in the transaction that made the event true, and removed after the event bus took it.
 */
export function createOutbox(service: ServiceName): string {
  return `
    CREATE TABLE ${service}.outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      type text NOT NULL,
      payload bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON ${service}.outbox TO ${serviceRole(service)};
  `;
}

/** Writes a service's events beside the rows that they tell of. */
export class Outbox {
  constructor(private readonly service: ServiceName) {}

  /** Adds an event within the transaction of `manager`; wake the relay once that has committed. */
  async add<M extends Message>(
    manager: EntityManager,
    event: EventDescriptor<M>,
    message: MessageInitShape<GenMessage<M>>,
  ): Promise<void> {
    await manager.query(`INSERT INTO ${this.service}.outbox (type, payload) VALUES ($1, $2)`, [
      event.type,
      Buffer.from(toBinary(event.schema, create(event.schema, message))),
    ]);
  }
}
