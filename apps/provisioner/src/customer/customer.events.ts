import { create } from '@bufbuild/protobuf';
import type { EntityManager } from 'typeorm';
import { CustomerChangedSchema } from '#libs/contracts';
import type { Outbox } from '#libs/database';
import { events } from '#libs/rpc';
import type { CustomerRow } from './customer.entity.js';
import { customerMessage } from './customer.message.js';

/** Tells the other services how a customer stands now, once the transaction of `manager` commits. */
export async function announceCustomer(
  outbox: Outbox,
  manager: EntityManager,
  customer: CustomerRow,
): Promise<void> {
  const message = create(CustomerChangedSchema, { customer: customerMessage(customer) });
  await outbox.add(manager, events.customerChanged, message);
}
